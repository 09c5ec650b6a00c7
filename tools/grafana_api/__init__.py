"""Grafana's HTTP API as an OpenAPI document, read from the client that Grafana publishes."""
