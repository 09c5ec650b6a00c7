"""What a device family is: points whose undisturbed values are closed functions of time."""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from plant.site import Point
from simulators.shifts import Work
from simulators.weather import DAY_S, Air

__all__ = ["DAY_S", "USUAL_LIMIT", "Around", "Family", "calm_of", "column", "daily_sine", "range_of"]

USUAL_LIMIT: Final = {
    "gas.combustible": 25.0,  # %LEL, GB/T 50493-2019 5.5.2
    "gas.openpath": 1.0,  # LEL.m, the same clause
    "gas.oxygen": 19.5,  # %VOL, the same clause; a low limit
    "dust.inlet_temperature": 70.0,  # degC, AQ 4273-2016 5.1.4
    "dust.hopper_temperature": 70.0,  # degC, an engineering default
    "dust.spark": 1.0,
    "ammonia.ppm": 150.0,  # GB 50072-2021 7.4
}
"""The limit of a point kind where neither the site nor the scenario gives one."""


@dataclass(frozen=True, slots=True)
class Around:
    """What is around the devices: weather, work, and the kind of each unit."""

    air: Air
    work: Work
    seed: int
    unit_kinds: dict[str, str]


class Family(Protocol):
    """Points of one kind of device. Rows count within the family; values are in the points' units."""

    noise_sd: NDArray[np.float64]
    """Standard deviation of each point's measurement noise, 0 for a switch."""

    def __init__(self, points: list[Point], keys: NDArray[np.uint64], around: Around) -> None: ...

    def clean(self, row: NDArray[np.intp], t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Noise-free values of points `row` at `t_s` seconds after the start, without any incident."""


def daily_sine(t_s: NDArray[np.float64], phase: NDArray[np.float64]) -> NDArray[np.float64]:
    """A sine of one day, `phase` of a day ahead."""
    return np.sin(2.0 * np.pi * (t_s / DAY_S + phase), dtype=np.float64)


def column(values: list[float]) -> NDArray[np.float64]:
    """A column of floats."""
    return np.array(values, dtype=np.float64)


def range_of(point: Point) -> tuple[float, float]:
    """The measuring range; 0 to 100, or up to twice the highest limit, where the site gives none."""
    limits = [v for v in (point.ll, point.l, point.h, point.hh) if v is not None]
    low = point.range_low if point.range_low is not None else min([0.0, *limits])
    high = point.range_high if point.range_high is not None else max([2.0 * max(limits, default=50.0), low + 1.0])
    return low, high


def calm_of(point: Point) -> tuple[float, float]:
    """The span in which the point lives on a quiet day: between its innermost limits, else the middle of its range."""
    low, high = range_of(point)
    span = high - low
    calm_low = next((v for v in (point.l, point.ll) if v is not None), low + 0.1 * span)
    calm_high = next((v for v in (point.h, point.hh) if v is not None), min(high - 0.1 * span, _usual(point)))
    return min(calm_low, calm_high), max(calm_low, calm_high)


def _usual(point: Point) -> float:
    return USUAL_LIMIT.get(point.kind, float("inf"))
