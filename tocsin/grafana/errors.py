"""What may go wrong between us and Grafana."""


class GrafanaError(Exception):
    """Grafana, or InfluxDB on its behalf, can't be reached or refuses. The text is for a person and holds no secret."""
