"""Gas detectors: a zero offset with drift over the day, and a leak seen through the detector's lag.

Leak. A room of volume V ventilated by Q receives gas at the rate G from `at` to `at + for`. The well-mixed mass balance
V dC/dt = G - Q C gives the steady concentration C = G/Q and the time constant tau = V/Q (ACGIH, Industrial Ventilation,
chapter on dilution ventilation). The detector follows the room as a first-order lag whose T90 its data sheet states.
Both together are two lags in a row, in closed form in `simulators.lag`.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plant.site import Point
from simulators.family import Around, calm_of, column, daily_sine, range_of
from simulators.lag import pulse, tau_of_t90
from simulators.noise import keys_of, uniform

OXYGEN_IN_AIR_VOL: Final = 20.9

T90_S: Final = {"catalytic": 15.0, "infrared": 10.0, "electrochemical": 30.0, "laser": 3.0, "semiconductor": 30.0}
"""Usual response times by measuring principle (engineering defaults, not a standard's figures)."""

_DEFAULT_T90_S: Final = 15.0

HEAT_S: Final = 2400.0
"""From one heat of a furnace to the next (engineering default)."""


def is_gas(kind: str) -> bool:
    """Whether points of this kind are gas detectors."""
    return kind.startswith("gas.") or kind == "ammonia.ppm"


def t90_of(point: Point) -> float:
    """The detector's T90 in seconds, by its principle."""
    return T90_S.get(point.principle or "", _DEFAULT_T90_S)


class GasDetectors:
    """Combustible, toxic, open-path and oxygen detectors in clean air.

    An offset of 0.5 to 1.5 % of full scale (oxygen: 20.9 %VOL), a drift of 0.2 % of full scale over the day, and noise
    of 0.2 %: together below 2.5 % of full scale. Carbon monoxide in a furnace's unit rises and falls with each heat:
    a hump of 15 % of the limit once in 40 minutes.
    """

    def __init__(self, points: list[Point], keys: NDArray[np.uint64], around: Around) -> None:
        scale = column([range_of(p)[1] for p in points])
        oxygen = np.array([p.kind == "gas.oxygen" for p in points], dtype=np.bool_)
        self._offset = np.where(oxygen, OXYGEN_IN_AIR_VOL, (0.005 + 0.010 * uniform(keys, 0)) * scale)
        self._drift = np.where(oxygen, 0.05, 0.002 * scale)
        self._phase = uniform(keys, 1)
        self.noise_sd = np.where(oxygen, 0.03, 0.002 * scale)
        heats = [p.kind == "gas.toxic.co" and around.unit_kinds.get(p.unit) == "furnace" for p in points]
        self._hump = np.where(heats, 0.15 * column([calm_of(p)[1] for p in points]), 0.0)
        self._heat = uniform(keys_of(0, [p.unit for p in points]), 0)
        self._any_heat = any(heats)

    def clean(self, row: NDArray[np.intp], t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Offset plus a daily sine, plus the furnace's hump."""
        value = self._offset[row] + self._drift[row] * daily_sine(t_s, self._phase[row])
        if self._any_heat:
            value += self._hump[row] * np.maximum(np.sin(2.0 * np.pi * (t_s / HEAT_S + self._heat[row])), 0.0) ** 2
        return np.asarray(value, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Leak:
    """Gas on top of the clean-air reading, from `at_s` on. `plateau` is G/Q in the point's unit (negative: oxygen)."""

    at_s: float
    for_s: float
    plateau: float
    room_tau_s: float
    t90_s: float

    def process(self, t_s: NDArray[np.float64], clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """What is in the room."""
        return clean + self.plateau * pulse(t_s - self.at_s, self.for_s, self.room_tau_s)

    def seen(self, t_s: NDArray[np.float64], clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the detector shows."""
        return clean + self.plateau * pulse(t_s - self.at_s, self.for_s, self.room_tau_s, tau_of_t90(self.t90_s))
