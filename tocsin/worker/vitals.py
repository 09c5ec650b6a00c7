"""What metrics and health are told of a running worker."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tocsin.clock import Clock
from tocsin.observe.health import Check, Health, Matters, judge

if TYPE_CHECKING:
    from tocsin.worker.worker import Worker


class WorkerVitals:
    """Reads the parts from other threads: single attributes only, nothing is changed."""

    def __init__(self, worker: "Worker", clock: Clock) -> None:
        self._worker = worker
        self._clock = clock
        watched: Mapping[str, Callable[[], float | Mapping[str, float]]] = {
            "tocsin_worker_shards": lambda: len(worker.runners),
            "tocsin_worker_lag_entries": lambda: {str(r.shard): r.lag_records for r in worker.runners},
            "tocsin_worker_lag_seconds": self._lag_s,
        }
        for name, read in watched.items():
            worker.metrics.watch(name, read)

    def health(self) -> Health:
        """Alive, ready, and why not. A worker without shards is ready: it waits for others to fall out."""
        worker = self._worker
        waiting = ", ".join(str(shard) for shard in worker.waits_for_shards)
        checks = [
            Check("worker", not worker.trouble, worker.trouble, Matters.LIVE),
            Check("kafka", not worker.waits_for, worker.waits_for),
            Check("shards", not waiting, f"not restored yet: {waiting}"),
        ]
        return judge(checks)

    def _lag_s(self) -> dict[str, float]:
        """How old the newest decided entry of each shard is."""
        now_ms = self._clock.now_ms()
        runners = self._worker.runners
        return {str(r.shard): max(0, now_ms - r.last_ms) / 1000 for r in runners if r.last_ms is not None}
