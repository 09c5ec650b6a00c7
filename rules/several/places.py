"""Where the points of a site are: numbers of their units, devices and enterprises, as columns."""

from collections.abc import Iterable

import numpy as np

from plant.site import Site
from rules.several.resolved import Index
from rules.subjects import SubjectIndex


class Places:
    """One way of grouping points: `codes` by place in `site.points`, -1 where a point is in no such group."""

    def __init__(self, names: Iterable[str | None]) -> None:
        numbers: dict[str, int] = {}
        self.codes: Index = np.array(
            [-1 if name is None else numbers.setdefault(name, len(numbers)) for name in names], dtype=np.intp
        )
        self.names = list(numbers)

    def of_all(self, group: Index, position: Index, groups: int) -> tuple[Index, Index]:
        """(code of each group of points, the groups whose points are not all in one place)."""
        most = np.full(groups, -1, dtype=np.intp)
        least = np.full(groups, len(self.names), dtype=np.intp)
        np.maximum.at(most, group, self.codes[position])
        np.minimum.at(least, group, self.codes[position])
        return most, np.flatnonzero((most != least) | (most < 0))


class SitePlaces:
    """The ways of grouping that a vote's `per` names, and the gateways."""

    def __init__(self, site: Site, index: SubjectIndex) -> None:
        points, gateways = index.points, site.gateways()
        self.of = {
            "unit": Places(point.unit for point in points),
            "enterprise": Places(point.enterprise for point in points),
            "device": Places(point.device for point in points),
            "gateway": Places(gateways.get((point.device, point.enterprise)) for point in points),
            "site": Places("site" for _ in points),
        }
        self._enterprise_of_unit = {unit.unit: unit.enterprise for unit in site.units.values()}

    def enterprises_of(self, per: str, codes: Index) -> tuple[str, ...]:
        """The enterprise of each of these places; "" for the site."""
        if per == "site":
            return ("",) * len(codes)
        names, of_enterprise = self.of[per].names, self.of["enterprise"]
        if per == "enterprise":
            return tuple(names[code] for code in codes.tolist())
        if per == "unit":
            return tuple(self._enterprise_of_unit[names[code]] for code in codes.tolist())
        grouped = self.of[per].codes
        first = np.full(len(names) + 1, -1, dtype=np.intp)
        first[grouped[::-1]] = of_enterprise.codes[::-1]
        return tuple(of_enterprise.names[first[code]] for code in codes.tolist())

    def devices_of_two(self, codes: Index) -> list[str]:
        """Those of these devices that stand in more than one enterprise."""
        device = self.of["device"]
        at = np.flatnonzero(np.isin(device.codes, codes) & (device.codes >= 0))
        _, odd = self.of["enterprise"].of_all(device.codes[at], at, len(device.names))
        return [device.names[code] for code in np.intersect1d(odd, device.codes[at]).tolist()]
