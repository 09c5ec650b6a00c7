"""Boards as they will look: InfluxDB filled by a drill through the product, drawn with Grafana's own components."""
