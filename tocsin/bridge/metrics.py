"""The bridge's metrics (docs/reference/metrics.md)."""

from typing import Final

from prometheus_client import Counter, Histogram

from tocsin.observe.metrics import Metrics

_SECONDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 60.0)


class BridgeMetrics(Metrics):
    """Those of a service that takes readings in, and the way to Kafka."""

    def __init__(self) -> None:
        super().__init__()
        self.produce_s = Histogram(
            "tocsin_bridge_produce_seconds",
            "From a record's hand-over until enough replicas have it.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.lease_changes = Counter(
            "tocsin_bridge_lease_changes", "Leases taken, released and lost.", ["change"], registry=self.registry
        )
