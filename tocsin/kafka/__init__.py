"""Kafka as the log of a site that one machine does not hold: topics, records, and how the site is divided."""
