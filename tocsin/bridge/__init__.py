"""`tocsin bridge`: readings from the field into Kafka, each enterprise's by one bridge at a time."""
