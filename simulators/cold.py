"""Cold stores: the room's temperature between the thermostat's two points."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plant.site import Point
from simulators.family import Around, calm_of, column
from simulators.noise import keys_of, uniform

CYCLE_S: Final = 1800.0
BACK_S: Final = 3600.0
RUNNING: Final = 0.4
"""The part of a cycle in which the compressor runs."""


class ColdRooms:
    """Heat balance m c dT/dt = U A (T_air - T) - Q: first order towards the air while off, towards colder while on.

    A band of 10 % of the calm span is narrow against the way to the air, so both are straight lines (their first
    terms), 40 % of the time down and the rest up.
    """

    def __init__(self, points: list[Point], keys: NDArray[np.uint64], around: Around) -> None:
        calm = column([v for p in points for v in calm_of(p)]).reshape(-1, 2)
        span = calm[:, 1] - calm[:, 0]
        self._low = calm[:, 0] + (0.4 + 0.1 * uniform(keys, 0)) * span
        self._band = 0.1 * span
        self._phase = uniform(keys_of(0, [p.unit for p in points]), 0)
        self.noise_sd = 0.002 * span

    def clean(self, row: NDArray[np.intp], t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Down while the compressor runs, up while it rests."""
        x = np.mod(t_s / CYCLE_S + self._phase[row], 1.0)
        height = np.where(x < RUNNING, 1.0 - x / RUNNING, (x - RUNNING) / (1.0 - RUNNING))
        return self._low[row] + self._band[row] * height


@dataclass(frozen=True, slots=True)
class WarmUp:
    """No refrigeration from `at_s` for `for_s`: the room goes from `start` towards `end`, first order with `tau_s`.

    m c dT/dt = U A (T_air - T). Then the compressor brings it back with an hour.
    """

    at_s: float
    for_s: float
    tau_s: float
    start: float
    end: float

    def process(self, t_s: NDArray[np.float64], clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """The room's temperature."""
        t = t_s - self.at_s
        warm = (self.end - self.start) * -np.expm1(-np.clip(t, 0.0, self.for_s) / self.tau_s)
        back = np.exp(-np.maximum(t - self.for_s, 0.0) / BACK_S)
        return np.where(t < 0.0, clean, np.where(t < self.for_s, self.start + warm, clean + warm * back))

    seen = process
