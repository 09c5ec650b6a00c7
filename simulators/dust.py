"""Dust collectors: pressure drop with pulse cleaning, inlet temperature, sparks.

Pressure drop. Filter drag: dP = S_E v + K2 c v^2 t, a residual plus a cake that grows with time until the next pulse
(US EPA, Air Pollution Control Cost Manual, section 6 chapter 1, baghouses and filters). Blinding raises the residual.
Temperature. The sensor in its well follows the duct as a first-order lag (simulators.lag).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plant.site import Point
from simulators.family import Around, calm_of, column, daily_sine
from simulators.lag import pulse
from simulators.noise import keys_of, uniform
from simulators.physics.collector import run_down, self_heating_k

WELL_TAU_S: Final = 8.0
"""Lag of a thermometer in its well (engineering default)."""

COOLING_S: Final = 600.0
START_S: Final = 5.0


def _collector_keys(points: list[Point]) -> NDArray[np.uint64]:
    """Points of one unit belong to one collector: its pulses are the same for all of them, whatever the seed."""
    return keys_of(0, [f"collector {p.unit}" for p in points])


class Pulses:
    """When a collector's bags are pulsed: whenever so much dust has come, 2 to 4 minutes of full load."""

    def __init__(self, points: list[Point], around: Around) -> None:
        keys = _collector_keys(points)
        self._cycle_s = 120.0 + np.floor(121.0 * uniform(keys, 0))
        self._phase = uniform(keys, 1)
        self._work = around.work

    def cake(self, row: NDArray[np.intp], t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """The cake's thickness, 0 after a pulse and 1 before the next."""
        return np.mod(self._work.worked_s(t_s) / self._cycle_s[row] + self._phase[row], 1.0)

    def since_s(self, row: NDArray[np.intp], t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Seconds since the last pulse, as if at the load of now (at least a tenth)."""
        return self.cake(row, t_s) * self._cycle_s[row] / np.maximum(self._work.load_at(t_s), 0.1)


class DustPressureDrops:
    """Saw teeth: from the residual up to the level at which the pulse comes; the cake grows with the load."""

    def __init__(self, points: list[Point], keys: NDArray[np.uint64], around: Around) -> None:
        high = column([calm_of(p)[1] for p in points])
        low = column([calm_of(p)[0] for p in points])
        self._residual = low + (0.35 + 0.10 * uniform(keys, 0)) * (high - low)
        self._cake = 0.25 * (high - low)
        self._pulses = Pulses(points, around)
        self.noise_sd = 0.005 * (high - low)

    def clean(self, row: NDArray[np.intp], t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Residual plus cake."""
        return self._residual[row] + self._cake[row] * self._pulses.cake(row, t_s)


class PurgePressures:
    """Compressed air for the pulses: each takes a tenth, the compressor brings it back with 8 s."""

    def __init__(self, points: list[Point], keys: NDArray[np.uint64], around: Around) -> None:
        calm = column([v for p in points for v in calm_of(p)]).reshape(-1, 2)
        span = calm[:, 1] - calm[:, 0]
        self._full = calm[:, 0] + (0.6 + 0.1 * uniform(keys, 0)) * span
        self._dip = 0.1 * span
        self._pulses = Pulses(points, around)
        self.noise_sd = 0.003 * span

    def clean(self, row: NDArray[np.intp], t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Full less what the last pulse took."""
        return self._full[row] - self._dip[row] * np.exp(-self._pulses.since_s(row, t_s) / 8.0)


class ScrubberLevels:
    """Water in a wet collector: evaporation draws it down in a straight line, the float valve fills it every 40 min."""

    def __init__(self, points: list[Point], keys: NDArray[np.uint64], around: Around) -> None:
        calm = column([v for p in points for v in calm_of(p)]).reshape(-1, 2)
        span = calm[:, 1] - calm[:, 0]
        self._full = calm[:, 0] + 0.65 * span
        self._swing = 0.2 * span
        self._phase = uniform(keys, 0)
        self.noise_sd = 0.003 * span

    def clean(self, row: NDArray[np.intp], t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """A saw tooth downwards."""
        return self._full[row] - self._swing[row] * np.mod(t_s / 2400.0 + self._phase[row], 1.0)


class DustTemperatures:
    """Inlet and hopper temperatures: 40 to 55 % of the way to the limit, a few kelvin over the day."""

    def __init__(self, points: list[Point], keys: NDArray[np.uint64], around: Around) -> None:
        high = column([calm_of(p)[1] for p in points])
        low = column([calm_of(p)[0] for p in points])
        self._mean = low + (0.40 + 0.15 * uniform(keys, 0)) * (high - low)
        self._swing = np.minimum(3.0, 0.1 * (high - low))
        self._phase = uniform(keys, 1)
        self.noise_sd = np.minimum(0.3, 0.01 * (high - low))

    def clean(self, row: NDArray[np.intp], t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean plus a daily sine."""
        return self._mean[row] + self._swing[row] * daily_sine(t_s, self._phase[row])


@dataclass(frozen=True, slots=True)
class BagBlinding:
    """Pores clog: the drag's residual grows by `rise` over `rise_s` and stays until the bags are changed at the end."""

    at_s: float
    for_s: float
    rise_s: float
    rise: float

    def process(self, t_s: NDArray[np.float64], clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """The pressure drop with the clogged bags."""
        t = t_s - self.at_s
        return clean + np.where(t < self.for_s, self.rise * np.clip(t / self.rise_s, 0.0, 1.0), 0.0)

    seen = process


@dataclass(frozen=True, slots=True)
class Heating:
    """A smouldering nest warms the air by up to `rise`: first order with `tau_s`, seen through the well's lag."""

    at_s: float
    for_s: float
    rise: float
    tau_s: float

    def process(self, t_s: NDArray[np.float64], clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """The air's temperature."""
        return clean + self.rise * pulse(t_s - self.at_s, self.for_s, self.tau_s)

    def seen(self, t_s: NDArray[np.float64], clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the thermometer shows."""
        return clean + self.rise * pulse(t_s - self.at_s, self.for_s, self.tau_s, WELL_TAU_S)


@dataclass(frozen=True, slots=True)
class Smoulder:
    """Dust in the hopper heats itself: little for long, then all at once, by `rise` after `rise_s`; put out at the end.

    Seen at the wall, where the thermometer is, without further lag: the nest's own is longer by far.
    """

    at_s: float
    for_s: float
    rise_s: float
    rise: float
    scale_k: float

    def process(self, t_s: NDArray[np.float64], clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """The hopper's temperature; it cools with ten minutes once the nest is out."""
        t = t_s - self.at_s
        warm = self_heating_k(t, self.rise, self.rise_s, self.scale_k)
        return clean + warm * np.exp(-np.maximum(t - self.for_s, 0.0) / COOLING_S)

    seen = process


@dataclass(frozen=True, slots=True)
class RunDown:
    """A fan (or pump) without current: speed, and what is proportional to it, falls by 1 / (1 + t / tau).

    At the end it starts again, first order with 5 s. Pressure drop of a cake is proportional to the flow (Darcy).
    """

    at_s: float
    for_s: float
    tau_s: float

    def process(self, t_s: NDArray[np.float64], clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """What is left of it."""
        t = t_s - self.at_s
        left = run_down(np.minimum(t, self.for_s), self.tau_s)
        again = np.exp(-np.maximum(t - self.for_s, 0.0) / START_S)
        return np.where(t >= 0.0, clean * (1.0 - (1.0 - left) * again), clean)

    seen = process


@dataclass(frozen=True, slots=True)
class Torn:
    """Torn bags from `at_s` for `for_s`: the air goes through the hole, so the pressure drop is `left` of what it was.

    Residual and cake alike, for both are in series with nothing else; within `rise_s`.
    """

    at_s: float
    for_s: float
    rise_s: float
    left: float

    def process(self, t_s: NDArray[np.float64], clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """The pressure drop over the torn bags."""
        t = t_s - self.at_s
        part = 1.0 - (1.0 - self.left) * np.clip(t / self.rise_s, 0.0, 1.0)
        return np.where((t >= 0.0) & (t < self.for_s), clean * part, clean)

    seen = process


@dataclass(frozen=True, slots=True)
class Ramp:
    """From the value at `at_s` straight to `to` within `rise_s`, kept, and as before from the end on.

    What grows while the cleaning stands still (a cake in filter drag's straight line), or falls while nothing refills.
    """

    at_s: float
    for_s: float
    rise_s: float
    start: float
    to: float

    def process(self, t_s: NDArray[np.float64], clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """The value itself."""
        t = t_s - self.at_s
        value = self.start + (self.to - self.start) * np.clip(t / self.rise_s, 0.0, 1.0)
        return np.where((t >= 0.0) & (t < self.for_s), value, clean)

    seen = process


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact, a permit, a count: `value` from `at_s` for `for_s`."""

    at_s: float
    for_s: float
    value: float = 1.0

    def process(self, t_s: NDArray[np.float64], clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """Only while it lasts."""
        return np.where((t_s >= self.at_s) & (t_s < self.at_s + self.for_s), self.value, clean)

    seen = process
