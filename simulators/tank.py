"""Storage tanks: level by mass balance, temperature by heat balance, pressure by the vapour's saturation line.

Level. A dh/dt = q_in - q_out with constant flows: straight ramps between a low and a high hold.
Temperature. m c dT/dt = U A (T_air - T) under a daily sine of the air: a sine of the same period, smaller by
1/sqrt(1 + (w tau)^2) and later by atan(w tau), tau = m c / (U A) (first-order frequency response).
Pressure. Clausius-Clapeyron, integrated with a constant heat of vaporisation: p = p_ref exp(dH/R (1/T_ref - 1/T)),
dH = 18.8 kJ/mol (propane at its boiling point, NIST Chemistry WebBook). The point's own pressure stands for p_ref, so
a gauge reading is a first approximation.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plant.site import Point
from simulators.family import DAY_S, Around, calm_of, column, range_of
from simulators.noise import keys_of, uniform
from simulators.physics.vessel import drained_level, saturation_factor

CYCLE_S: Final = 21_600.0
"""Fill, hold, draw, hold: a quarter each."""

TAU_S: Final = 4 * 3600.0
"""m c / (U A) of a tank under open sky: hours (engineering default)."""

REFERENCE_K: Final = 293.15
_MOST_SWING_K: Final = 10.0
"""Beyond this a tank is cooled by water, as a closed tank in the sun is."""
_WARMEST_S: Final = 15 * 3600.0


def cycle_fraction(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """How full (0..1) at the fraction x of the cycle: up in the first quarter, down in the third."""
    x = np.mod(x, 1.0)
    return np.clip(4.0 * x, 0.0, 1.0) - np.clip(4.0 * x - 2.0, 0.0, 1.0)


def daily_swing(t_s: NDArray[np.float64], tau_s: float) -> NDArray[np.float64]:
    """A tank's temperature above its mean for each kelvin of the air's swing; `t_s` counts from midnight."""
    w = 2.0 * math.pi / DAY_S
    return np.cos(w * (t_s - _WARMEST_S) - math.atan(w * tau_s)) / math.hypot(1.0, w * tau_s)


def _vessel_keys(points: list[Point]) -> NDArray[np.uint64]:
    """Points of one device of one unit share a vessel, whatever the seed: two level gauges of a tank agree."""
    return keys_of(0, [f"{p.unit}/{p.device or ''}" for p in points])


class TankLevels:
    """Levels that cycle within the middle half of the span between l and h."""

    def __init__(self, points: list[Point], keys: NDArray[np.uint64], around: Around) -> None:
        calm = column([v for p in points for v in calm_of(p)]).reshape(-1, 2)
        self._low = calm[:, 0] + 0.25 * (calm[:, 1] - calm[:, 0])
        self._swing = 0.5 * (calm[:, 1] - calm[:, 0])
        self._phase = uniform(_vessel_keys(points), 0)
        self.noise_sd = 0.001 * column([range_of(p)[1] - range_of(p)[0] for p in points])

    def clean(self, row: NDArray[np.intp], t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Ramps and holds."""
        return self._low[row] + self._swing[row] * cycle_fraction(t_s / CYCLE_S + self._phase[row])


class TankTemperatures:
    """A mean of its own, and the day's swing through the tank's heat capacity."""

    def __init__(self, points: list[Point], keys: NDArray[np.uint64], around: Around) -> None:
        calm = column([v for p in points for v in calm_of(p)]).reshape(-1, 2)
        span = calm[:, 1] - calm[:, 0]
        self._mean = calm[:, 0] + (0.40 + 0.15 * uniform(keys, 0)) * span
        self._swing = np.minimum(around.air.weather.swing_c, 0.3 * span)
        self._day_s = around.air.day_s
        self.noise_sd = 0.002 * span

    def clean(self, row: NDArray[np.intp], t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """The heat balance's sine."""
        return self._mean[row] + self._swing[row] * daily_swing(t_s + self._day_s, TAU_S)


class TankPressures:
    """The vapour pressure that belongs to the tank's temperature."""

    def __init__(self, points: list[Point], keys: NDArray[np.uint64], around: Around) -> None:
        calm = column([v for p in points for v in calm_of(p)]).reshape(-1, 2)
        span = calm[:, 1] - calm[:, 0]
        self._reference = calm[:, 0] + (0.40 + 0.15 * uniform(keys, 0)) * span
        self._swing = min(around.air.weather.swing_c, _MOST_SWING_K)
        self._day_s = around.air.day_s
        self.noise_sd = 0.002 * span

    def clean(self, row: NDArray[np.intp], t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Clausius-Clapeyron around the reference."""
        kelvin = REFERENCE_K + self._swing * daily_swing(t_s + self._day_s, TAU_S)
        return self._reference[row] * saturation_factor(kelvin, np.asarray(REFERENCE_K))


@dataclass(frozen=True, slots=True)
class Overfill:
    """Feed that isn't closed: from `start_level` at `at_s` straight to `peak` in `rise_s`, held, drawn off at the end.

    Mass balance with constant flows; the level never lies below what it would have been without the incident.
    """

    at_s: float
    for_s: float
    rise_s: float
    start_level: float
    peak: float

    def process(self, t_s: NDArray[np.float64], clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """The level in the tank."""
        rise = self.peak - self.start_level
        t = t_s - self.at_s
        up = np.clip(t / self.rise_s, 0.0, 1.0)
        down = np.maximum(t - self.for_s, 0.0) / self.rise_s
        return np.where(t > 0.0, np.maximum(clean, self.start_level + rise * (up - down)), clean)

    seen = process


@dataclass(frozen=True, slots=True)
class Drain:
    """A hole in the bottom from `at_s` for `for_s`; then filled up again within half that time."""

    at_s: float
    for_s: float
    hole_mm: float
    diameter_m: float
    start_level: float

    def process(self, t_s: NDArray[np.float64], clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """The level in the tank, never above what it would have been."""
        t = t_s - self.at_s
        lost = self.start_level - drained_level(
            self.start_level, self.hole_mm, self.diameter_m, np.minimum(t, self.for_s)
        )
        refilled = np.clip(1.0 - (t - self.for_s) / (self.for_s / 2.0), 0.0, 1.0)
        return np.where(t > 0.0, np.minimum(clean, self.start_level - lost * refilled), clean)

    seen = process
