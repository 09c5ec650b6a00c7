"""Brings boards and what they need to a Grafana (the extra `grafana`)."""
