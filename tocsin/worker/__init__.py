"""A worker decides the shards that it is given: it folds their logs in Kafka and writes what comes of that, once."""
