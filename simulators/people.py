"""People and permits, shift-shaped."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from plant.site import Point
from simulators.family import DAY_S, Around, calm_of, column
from simulators.noise import keys_of, uniform

_ROUND_S: Final = 900.0
"""People come and go once in a quarter of an hour."""

_PERMIT_S: Final = 7200.0
_AFTER_S: Final = 3600.0
"""A permit opens so long after the busiest shift has begun, and is open for two hours."""


class PeopleCounts:
    """People in a unit: up to 70 % of the limit in a full shift, a few more or fewer each quarter of an hour."""

    def __init__(self, points: list[Point], keys: NDArray[np.uint64], around: Around) -> None:
        self._most = column([max(1.0, 0.7 * calm_of(p)[1]) for p in points])
        self._keys = keys
        self._work = around.work
        self.noise_sd = np.zeros(len(points))

    def clean(self, row: NDArray[np.intp], t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """A whole number."""
        quarter = np.floor_divide(t_s, _ROUND_S).astype(np.int64)
        some = 0.8 + 0.2 * uniform(self._keys[row], quarter)
        return np.floor(self._most[row] * self._work.load_at(t_s) * some)


class Permits:
    """Work permits: open (1) for two hours of the busiest shift on some days, by the seed."""

    def __init__(self, points: list[Point], keys: NDArray[np.uint64], around: Around) -> None:
        self._keys = keys_of(around.seed, [f"{p.unit} {p.kind}" for p in points])
        self._work = around.work
        self.noise_sd = np.zeros(len(points))

    def clean(self, row: NDArray[np.intp], t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """1 while open."""
        day, clock_s = np.divmod(t_s + self._work.day_s, DAY_S)
        given = uniform(self._keys[row], day.astype(np.int64)) < self._work.permits_a_day
        since = clock_s - self._work.busiest_s - _AFTER_S
        return (given & (since >= 0.0) & (since < _PERMIT_S)).astype(np.float64)
