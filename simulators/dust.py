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
from simulators.family import calm_of, column, daily_sine
from simulators.lag import pulse
from simulators.noise import uniform

WELL_TAU_S: Final = 8.0
"""Lag of a thermometer in its well (engineering default)."""


class DustPressureDrops:
    """Saw teeth: from the residual up to the level at which the pulse comes, every 2 to 4 minutes."""

    def __init__(self, points: list[Point], keys: NDArray[np.uint64]) -> None:
        high = column([calm_of(p)[1] for p in points])
        low = column([calm_of(p)[0] for p in points])
        self._residual = low + (0.35 + 0.10 * uniform(keys, 0)) * (high - low)
        self._cake = 0.25 * (high - low)
        self._cycle_s = 120.0 + np.floor(121.0 * uniform(keys, 1))
        self._phase = uniform(keys, 2)
        self.noise_sd = 0.005 * (high - low)

    def clean(self, row: NDArray[np.intp], t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Residual plus cake."""
        return self._residual[row] + self._cake[row] * np.mod(t_s / self._cycle_s[row] + self._phase[row], 1.0)


class DustTemperatures:
    """Inlet and hopper temperatures: 40 to 55 % of the way to the limit, a few kelvin over the day."""

    def __init__(self, points: list[Point], keys: NDArray[np.uint64]) -> None:
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
class Spark:
    """The spark detector's contact: 1 from `at_s` for `for_s`."""

    at_s: float
    for_s: float

    def process(self, t_s: NDArray[np.float64], clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """Closed while sparks fly."""
        return np.where((t_s >= self.at_s) & (t_s < self.at_s + self.for_s), 1.0, clean)

    seen = process
