"""What metrics and health are told of a running bridge."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from tocsin.bridge.metrics import BridgeMetrics
from tocsin.clock import Clock
from tocsin.observe.health import Check, Health, Matters, judge
from tocsin.runtime.intake import Intake
from tocsin.runtime.set_aside import SetAside

if TYPE_CHECKING:
    from tocsin.bridge.bridge import Bridge

_SLOW_S: Final = 5.0
"""A message older than this that is not acknowledged is a fault."""


class BridgeVitals:
    """Reads the parts from other threads: single attributes only, nothing is changed."""

    def __init__(self, bridge: "Bridge", set_aside: SetAside, clock: Clock, metrics: BridgeMetrics) -> None:
        self._bridge = bridge
        self._clock = clock
        watched: Mapping[str, Callable[[], float | Mapping[str, float]]] = {
            "tocsin_source_connected": lambda: {name: intake.connected for name, intake in bridge.sources().items()},
            "tocsin_unacknowledged_age_seconds": self._oldest_s,
            "tocsin_unacknowledged_messages": lambda: sum(intake.unacknowledged for intake in self._intakes()),
            "tocsin_quarantined_total": lambda: dict(set_aside.quarantine.counts),
            "tocsin_bridge_leases": lambda: len(bridge.units),
            "tocsin_bridge_waiting_bytes": lambda: bridge.waiting_bytes,
            "tocsin_bridge_kafka_errors_total": lambda: dict(bridge.kafka_errors),
        }
        for name, read in watched.items():
            metrics.watch(name, read)

    def health(self) -> Health:
        """Alive, ready, and why not. A bridge that holds no lease is ready: it waits for others to fall out."""
        bridge, oldest_s = self._bridge, self._oldest_s()
        checks = [
            Check("bridge", not bridge.trouble, bridge.trouble, Matters.LIVE),
            Check("kafka", not bridge.waits_for, bridge.waits_for),
            Check("leases", bridge.are_open, "a lease just taken: the end of its log is read first"),
            Check("acknowledging", oldest_s < _SLOW_S, f"the oldest message waits for {oldest_s:.0f} s"),
        ]
        checks += [Check(f"source {name}", i.connected, i.reason) for name, i in bridge.sources().items()]
        return judge(checks)

    def _intakes(self) -> list[Intake]:
        return list(self._bridge.sources().values())

    def _oldest_s(self) -> float:
        came = [ms for intake in self._intakes() if (ms := intake.oldest_unacknowledged_ms) is not None]
        return max(0.0, (self._clock.now_ms() - min(came)) / 1000) if came else 0.0
