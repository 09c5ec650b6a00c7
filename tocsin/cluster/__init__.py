"""A site over Kafka and PostgreSQL: what its processes have in common, and who follows its logs."""
