"""The devices of a configuration, as columns (docs/reference/devices.md)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from plant.registry import PointRegistry
from plant.site import Point, Site
from rules.schema import Rule, Stale
from rules.subjects import SubjectIndex

I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]
Index = NDArray[np.intp]

FOREVER_MS: Final = 1 << 42
"""Longer than any span that is looked at: the window of a point whose silence says nothing."""

PERIODS: Final = 3
"""A reading shows that its device is online for so many periods of its point."""


class DeviceKey(NamedTuple):
    """Who a device is. A point without a device is a device of its own, by the point's id, and `alone`."""

    enterprise: str
    device: str
    alone: bool


@dataclass(frozen=True, slots=True, eq=False)
class DeviceTable:
    """Devices 0, 1, 2, ... in the order of (enterprise, device), and the points that show whether they are online.

    device      by point number: the point's device, -1 where the point is not in the site
    window_ms   by point number: how long a reading shows that its device is online
    forever     by point number: the window has no end; it lasts while the source is up
    enterprise  by device: index into `enterprises`
    """

    keys: tuple[DeviceKey, ...]
    enterprises: tuple[str, ...]
    device: Index
    window_ms: I64
    forever: Bool
    enterprise: Index

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def points(self) -> Index:
        """The numbers of the points that are in the site, ascending."""
        return np.flatnonzero(self.device >= 0)

    def part(self, has: Callable[[str], bool]) -> "DeviceTable":
        """The devices of these enterprises alone; points of the others are as points that are not in the site."""
        mine = np.array([has(name) for name in self.enterprises], dtype=np.bool_)
        stays = mine[self.enterprise] if len(self) else np.zeros(0, dtype=np.bool_)
        if stays.all():
            return self
        number = np.where(stays, np.cumsum(stays) - 1, -1)
        there = self.device >= 0
        device = np.full_like(self.device, -1)
        device[there] = number[self.device[there]]
        keys = tuple(key for key, stay in zip(self.keys, stays.tolist(), strict=True) if stay)
        forever = self.forever & (device >= 0)
        return replace(self, keys=keys, device=device, forever=forever, enterprise=self.enterprise[stays])


def device_table(site: Site, rules: Sequence[Rule], registry: PointRegistry) -> DeviceTable:
    """The devices that are expected under a configuration. KeyError if a point has no number in the registry."""
    of_site = list(site.points.values())
    key_of = [_key(point) for point in of_site]
    keys = sorted({*key_of, *_without_points(site)})
    index_of = {key: i for i, key in enumerate(keys)}
    enterprises = tuple(sorted(site.enterprises))
    enterprise_index = {enterprise: i for i, enterprise in enumerate(enterprises)}
    number = np.array([registry.numbers[point.point] for point in of_site], dtype=np.intp)
    size = int(number.max()) + 1 if len(number) else 0
    device = np.full(size, -1, dtype=np.intp)
    device[number] = [index_of[key] for key in key_of]
    window = np.zeros(size, dtype=np.int64)
    window[number] = _windows_ms(site, rules, of_site, key_of)
    return DeviceTable(
        tuple(keys),
        enterprises,
        device,
        window,
        window == FOREVER_MS,
        np.array([enterprise_index[key.enterprise] for key in keys], dtype=np.intp),
    )


def _key(point: Point) -> DeviceKey:
    if point.device is None:
        return DeviceKey(point.enterprise, point.point, True)
    return DeviceKey(point.enterprise, point.device, False)


def _without_points(site: Site) -> set[DeviceKey]:
    """Devices of devices.csv that are no gateway: they are expected, points or not. Gateways are heard by others."""
    gateways = {device.gateway for device in site.devices.values()}
    return {DeviceKey(d.enterprise, d.device, False) for d in site.devices.values() if d.device not in gateways}


def _windows_ms(site: Site, rules: Sequence[Rule], points: Sequence[Point], key_of: Sequence[DeviceKey]) -> list[int]:
    windows = [min(PERIODS * round(point.period_s * 1000), FOREVER_MS) for point in points]
    periodic = {key for point, key in zip(points, key_of, strict=True) if point.report == "periodic"}
    quiet = [i for i, key in enumerate(key_of) if key not in periodic]
    if quiet:
        stale_after = _stale_after_ms(site, rules)
        for i in quiet:
            windows[i] = stale_after.get(i, FOREVER_MS)
    return windows


def _stale_after_ms(site: Site, rules: Sequence[Rule]) -> dict[int, int]:
    """By place of a point in the site: the shortest explicit `after_s` of the stale rules that watch it."""
    index = SubjectIndex(site)
    found: dict[int, int] = {}
    for rule in rules:
        stale = rule.condition.stale
        if rule.enabled and isinstance(stale, Stale) and stale.after_s is not None:
            after_ms = min(round(stale.after_s * 1000), FOREVER_MS)
            for position in index.positions_of(rule).tolist():
                found[position] = min(after_ms, found.get(position, after_ms))
    return found
