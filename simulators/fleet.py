"""All points of a site as columns, grouped by device family so that a family computes its values in one go."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plant.site import Point, Site
from simulators.cold import ColdRooms
from simulators.dust import DustPressureDrops, DustTemperatures, PurgePressures, ScrubberLevels
from simulators.family import Around, Family, range_of
from simulators.gas import GasDetectors, is_gas
from simulators.noise import keys_of, uniform
from simulators.people import PeopleCounts, Permits
from simulators.steady import Steady, Switches, is_switch
from simulators.tank import TankLevels, TankPressures, TankTemperatures

_PARAMETERS = np.uint64(0xA5A5A5A5A5A5A5A5)
"""Keeps the draws of a point's constants apart from those of its noise."""


def family_of(point: Point) -> type[Family]:
    """The family that a point belongs to, by its kind."""
    kinds: dict[str, type[Family]] = {
        "tank.level": TankLevels,
        "tank.temperature": TankTemperatures,
        "tank.pressure": TankPressures,
        "dust.dp": DustPressureDrops,
        "dust.inlet_temperature": DustTemperatures,
        "dust.hopper_temperature": DustTemperatures,
        "dust.purge_pressure": PurgePressures,
        "dust.tank_level": ScrubberLevels,
        "cold.room_temperature": ColdRooms,
        "people.count": PeopleCounts,
    }
    if point.kind.startswith("permit."):
        return Permits
    if is_switch(point):
        return Switches
    if is_gas(point.kind):
        return GasDetectors
    return kinds.get(point.kind, Steady)


@dataclass(frozen=True, slots=True)
class Fleet:
    """Columns over the points in family order; `number` is the place in points.csv."""

    points: list[Point]
    number: NDArray[np.uint32]
    key: NDArray[np.uint64]
    period_ms: NDArray[np.int64]
    phase_ms: NDArray[np.int64]
    scale: NDArray[np.float64]
    """Values are rounded to 1/scale, as a transmitter's last digit does."""
    floor: NDArray[np.float64]
    ceiling: NDArray[np.float64]
    on_change: NDArray[np.bool_]
    families: list[tuple[int, Family]]
    """Each family with the row at which its points begin."""
    row_of: dict[str, int]

    def clean(self, row: NDArray[np.intp], t_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Undisturbed noise-free values and noise of rows in rising order."""
        value = np.empty(len(row))
        noise_sd = np.empty(len(row))
        starts = [start for start, _ in self.families]
        edges = [*np.searchsorted(row, starts), len(row)]
        for (start, family), a, b in zip(self.families, edges[:-1], edges[1:], strict=True):
            if a < b:
                inside = row[a:b] - start
                value[a:b] = family.clean(inside, t_s[a:b])
                noise_sd[a:b] = family.noise_sd[inside]
        return value, noise_sd


def build_fleet(site: Site, seed: int, around: Around) -> Fleet:
    """The fleet of a site under a seed. A point's values depend on the seed, its own row and its unit, nothing else."""
    numbers = {id: n for n, id in enumerate(site.points)}
    groups: dict[type[Family], list[Point]] = {}
    for point in site.points.values():
        groups.setdefault(family_of(point), []).append(point)
    points: list[Point] = []
    families: list[tuple[int, Family]] = []
    for make, members in groups.items():
        families.append((len(points), make(members, keys_of(seed, [p.point for p in members]) ^ _PARAMETERS, around)))
        points.extend(members)
    period_ms = np.array([max(1, round(p.period_s * 1000)) for p in points], dtype=np.int64)
    device_keys = keys_of(seed, [f"{p.enterprise}/{p.topic or ''}/{p.device or p.unit}" for p in points])
    bounds = np.array([_physical(p) for p in points], dtype=np.float64).reshape(-1, 2)
    return Fleet(
        points=points,
        number=np.array([numbers[p.point] for p in points], dtype=np.uint32),
        key=keys_of(seed, [p.point for p in points]),
        period_ms=period_ms,
        phase_ms=np.floor(uniform(device_keys, 0) * period_ms).astype(np.int64),
        scale=np.array([_scale(p) for p in points], dtype=np.float64),
        floor=bounds[:, 0],
        ceiling=bounds[:, 1],
        on_change=np.array([p.report == "on_change" for p in points], dtype=np.bool_),
        families=families,
        row_of={p.point: row for row, p in enumerate(points)},
    )


def _scale(point: Point) -> float:
    """Ten to the number of decimals: a span of 100 is shown with one, a span of 5 with three; people are whole."""
    if point.kind == "people.count":
        return 1.0
    low, high = range_of(point)
    span = high - low
    if is_switch(point) or span >= 1000.0:
        return 1.0
    return 10.0 if span >= 100.0 else 100.0 if span >= 10.0 else 1000.0


def _physical(point: Point) -> tuple[float, float]:
    """Where the transmitter saturates: its lower bound, and a tenth of the span above the upper."""
    low = -np.inf if point.range_low is None else point.range_low
    high = np.inf if point.range_high is None else point.range_high
    return low, high + 0.1 * (high - low) if np.isfinite(high - low) else high
