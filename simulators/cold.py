"""Cold stores: the room's temperature between the thermostat's two points."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from plant.site import Point
from simulators.family import Around, calm_of, column
from simulators.noise import keys_of, uniform

CYCLE_S: Final = 1800.0
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
