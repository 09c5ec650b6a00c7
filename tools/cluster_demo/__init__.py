"""`make demo CLUSTER=1`: a whole cluster on one machine, over a real Kafka and a real PostgreSQL."""
