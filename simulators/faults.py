"""What sensors and their links do wrong, after noise: the process itself is as it was.

Each fault is a function of the point, the reading's number k and the time, so that any span of time gives the same
readings. Draws come from the fault's own key.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulators.kinds import IncidentKind
from simulators.noise import bell, uniform

LATCHED: Final = frozenset({"stuck", "over_range", "wrong_unit"})
"""Their value stands outside what the transmitter can show."""

LINK_S: Final = 30.0
"""An intermittent link is up or down for so long at a time, where the scenario doesn't say."""

SILENT_S: Final = 30.0
"""A detector that starts again says nothing for so long."""

WARM_TAU_S: Final = 45.0
"""Time constant of the warming-up after that."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one sensor from `at_s` for `for_s`. `amount` by kind; `rest` is what the sensor shows of nothing."""

    kind: IncidentKind
    at_s: float
    for_s: float
    amount: float
    share: float
    slot_s: float
    key: int
    rest: float
    keeps: bool = False

    def active(self, t_s: NDArray[np.float64]) -> NDArray[np.bool_]:
        """At which of the instants the fault is there: from at_s on, its end excluded."""
        return (t_s >= self.at_s) & (t_s < self.at_s + self.for_s)

    def shown(self, t_s: NDArray[np.float64], k: NDArray[np.int64], value: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the sensor shows instead of `value` while the fault is there."""
        since = t_s - self.at_s
        match self.kind:
            case "stuck" | "over_range":
                return np.full(len(value), self.amount)
            case "offset":
                return value + self.amount
            case "drift":
                return value + self.amount * since / 3600.0
            case "noise":
                return value + self.amount * bell(self._keys(k, 1), k)
            case "spikes":
                return np.where(self._hit(k), value + self.amount, value)
            case "saturation":
                return np.minimum(value, self.amount)
            case "poisoning":
                # Sensitivity falls exponentially to `amount` at the end: sites on the bead are lost one by one.
                left = np.exp(math.log(max(self.amount, 1e-6)) * since / self.for_s)
                return self.rest + (value - self.rest) * left
            case "reboot":
                return value + self.amount * np.exp(-np.maximum(since - SILENT_S, 0.0) / WARM_TAU_S)
            case "wrong_unit":
                return value * self.amount
            case _:
                return value

    def lost(self, t_s: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which readings never come."""
        active = self.active(t_s)
        if self.kind == "dropout":
            return active
        if self.kind == "reboot":
            return active & (t_s < self.at_s + SILENT_S)
        if self.kind == "link" and not self.keeps:
            return active & self._down(t_s)
        return np.zeros(len(t_s), dtype=np.bool_)

    def delay_ms(self, t_s: NDArray[np.float64], k: NDArray[np.int64]) -> NDArray[np.int64]:
        """How much later than usual readings come."""
        if self.kind == "out_of_order":
            late = self.active(t_s) & self._hit(k)
            return np.where(late, 1000.0 * self.amount * uniform(self._keys(k, 2), k), 0.0).astype(np.int64)
        if self.kind == "link" and self.keeps:
            waits = np.zeros(len(t_s))
            open_s = t_s.copy()
            held = self.active(t_s) & self._down(t_s)
            for _ in range(_MOST_SLOTS):
                if not held.any():
                    break
                # To the end of the slot, and on as long as the next one is down too.
                edge = self.at_s + self.slot_s * (np.floor((open_s - self.at_s) / self.slot_s) + 1.0)
                open_s = np.where(held, np.minimum(edge, self.at_s + self.for_s), open_s)
                held &= self.active(open_s) & self._down(open_s)
            waits = open_s - t_s
            return np.rint(1000.0 * waits).astype(np.int64)
        return np.zeros(len(t_s), dtype=np.int64)

    def skew_ms(self, t_s: NDArray[np.float64]) -> NDArray[np.int64]:
        """What the device's clock is ahead by."""
        ahead = self.active(t_s) if self.kind == "clock_skew" else np.zeros(len(t_s), dtype=np.bool_)
        return np.where(ahead, round(1000.0 * self.amount), 0).astype(np.int64)

    def twice(self, t_s: NDArray[np.float64], k: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which readings come a second time."""
        if self.kind != "duplicate":
            return np.zeros(len(t_s), dtype=np.bool_)
        return self.active(t_s) & self._hit(k)

    def outages_ms(self) -> list[tuple[int, int]]:
        """When the link is down, (from, to before) in ms after the start of the scenario; [] for other faults."""
        if self.kind != "link":
            return []
        slot = np.arange(math.ceil(self.for_s / self.slot_s), dtype=np.int64)
        begin_s = self.at_s + self.slot_s * slot
        end_s = np.minimum(begin_s + self.slot_s, self.at_s + self.for_s)
        # The middle of a slot, so that rounding can't lead into the one before.
        down = self._down((begin_s + end_s) / 2.0)
        spans_ms = np.rint(1000.0 * np.stack((begin_s, end_s), axis=1)[down]).astype(np.int64)
        return [(begin, end) for begin, end in spans_ms.tolist()]

    @property
    def most_delay_ms(self) -> int:
        """No reading comes later than this."""
        if self.kind == "out_of_order":
            return round(1000.0 * self.amount)
        return round(1000.0 * min(self.for_s, _MOST_SLOTS * self.slot_s)) if self.kind == "link" and self.keeps else 0

    def _down(self, t_s: NDArray[np.float64]) -> NDArray[np.bool_]:
        slot = np.maximum(np.floor((t_s - self.at_s) / self.slot_s), 0.0).astype(np.int64)
        return np.asarray(uniform(self._keys(slot, 3), slot) < self.share)

    def _hit(self, k: NDArray[np.int64]) -> NDArray[np.bool_]:
        return np.asarray(uniform(self._keys(k, 4), k) < self.share)

    def _keys(self, k: NDArray[np.int64], use: int) -> NDArray[np.uint64]:
        return np.full(len(k), self.key ^ (use * 0x9E3779B97F4A7C15 & _WORD), dtype=np.uint64)


_WORD: Final = 2**64 - 1
_MOST_SLOTS: Final = 20
"""A device keeps its readings over so many slots at most."""
