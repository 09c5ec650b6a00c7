"""The worker's metrics (docs/reference/metrics.md)."""

from typing import Final

from prometheus_client import Counter, Histogram

from tocsin.observe.metrics import Metrics

_SECONDS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0)


class WorkerMetrics(Metrics):
    """Those of a process that decides, and how it shares the shards with others."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction_s = Histogram(
            "tocsin_worker_transaction_seconds",
            "Writing the effects of a group of entries, until they are committed.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.takeover_s = Histogram(
            "tocsin_worker_takeover_seconds",
            "From when a shard was assigned until it had caught up with its log.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.checkpoint_s = Histogram(
            "tocsin_worker_checkpoint_seconds",
            "From a checkpoint's beginning until it is whole in Kafka.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.checkpoint_bytes = Counter(
            "tocsin_worker_checkpoint_bytes", "Bytes of whole checkpoints.", registry=self.registry
        )
        self.dead_letters = Counter(
            "tocsin_worker_dead_letters", "Records that could not be read and were set aside.", registry=self.registry
        )
        self.ended = Counter("tocsin_worker_shards_ended", "Shards let go, by why.", ["why"], registry=self.registry)
