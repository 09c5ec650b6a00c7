"""Everything else: switches that rest, and quantities that stay about where they are."""

import numpy as np
from numpy.typing import NDArray

from plant.site import Point
from simulators.family import Around, calm_of, column
from simulators.noise import uniform

_RUNNING = {"dust.fan", "dust.airlock"}


def is_switch(point: Point) -> bool:
    """Whether the point is a contact: a permit, a spark detector, or a range of 0 to 1 without a unit."""
    contact = point.kind in {"dust.spark", *_RUNNING} or point.kind.startswith("permit.")
    return contact or (point.range_low == 0 and point.range_high == 1 and point.unit_symbol in (None, "1"))


class Switches:
    """Contacts at rest: 0, or 1 for a fan and an airlock that run."""

    def __init__(self, points: list[Point], keys: NDArray[np.uint64], around: Around) -> None:
        self._rest = column([1.0 if p.kind in _RUNNING else 0.0 for p in points])
        self.noise_sd = np.zeros(len(points))

    def clean(self, row: NDArray[np.intp], t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """The rest position."""
        return self._rest[row]


class Steady:
    """A constant in the middle of the calm span, with noise of 0.5 % of it."""

    def __init__(self, points: list[Point], keys: NDArray[np.uint64], around: Around) -> None:
        calm = column([v for p in points for v in calm_of(p)]).reshape(-1, 2)
        span = calm[:, 1] - calm[:, 0]
        self._mean = calm[:, 0] + (0.40 + 0.2 * uniform(keys, 0)) * span
        self.noise_sd = 0.005 * span

    def clean(self, row: NDArray[np.intp], t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """The mean."""
        return self._mean[row]
