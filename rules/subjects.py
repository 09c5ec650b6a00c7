"""Which points a rule applies to, fast for many rules over many points."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from plant.site import Point, Site
from rules.schema import Rule

Positions = NDArray[np.intp]
"""Places of points in the order of `site.points`, ascending."""


class SubjectIndex:
    """The points of a site grouped by what rules ask for. Make it once, ask it for every rule."""

    def __init__(self, site: Site) -> None:
        self.points: list[Point] = list(site.points.values())
        self._position = {point.point: i for i, point in enumerate(self.points)}
        self._kind = _Column(point.kind for point in self.points)
        self._unit_kind = _Column(site.units[point.unit].kind for point in self.points)
        self._enterprise = _Column(point.enterprise for point in self.points)
        self._report = _Column(point.report for point in self.points)
        self._unit = _Column(point.unit for point in self.points)
        self._unit_symbol = _Column(point.unit_symbol or "" for point in self.points)
        self._principle = _Column(point.principle or "" for point in self.points)
        tags: dict[str, list[int]] = {}
        for i, point in enumerate(self.points):
            for tag in set(point.tags):
                tags.setdefault(tag, []).append(i)
        self._tags = {tag: np.array(positions, dtype=np.intp) for tag, positions in tags.items()}

    def positions_of(self, rule: Rule) -> Positions:
        """The points that match all that `applies_to` gives. Unknown points, tags and kinds match nothing."""
        to = rule.applies_to
        found: Positions | None = None
        if to.points is not None:
            known = {self._position[name] for name in to.points if name in self._position}
            found = np.array(sorted(known), dtype=np.intp)
        for tag in to.tags:
            tagged = self._tags.get(tag, np.empty(0, dtype=np.intp))
            found = tagged if found is None else np.intersect1d(found, tagged, assume_unique=True)
        if to.enterprise is not None:
            found = self._enterprise.equal(found, to.enterprise)
        if to.unit_kind is not None:
            found = self._unit_kind.equal(found, to.unit_kind)
        if to.report is not None:
            found = self._report.equal(found, to.report)
        if to.unit_symbols:
            found = self._unit_symbol.among(found, to.unit_symbols)
        if to.principle is not None:
            found = self._principle.equal(found, to.principle)
        if to.unit_has is not None:
            units = {self.points[i].unit for i in self._kind.like(None, to.unit_has).tolist()}
            found = self._unit.among(found, units)
        if to.kind is not None:
            found = self._kind.like(found, to.kind)
        return np.arange(len(self.points), dtype=np.intp) if found is None else found

    def position_of(self, point: str) -> int | None:
        """The place of a point id; None where there is no such point."""
        return self._position.get(point)

    def of_kind(self, glob: str) -> Positions:
        """The points whose kind the glob matches."""
        return self._kind.like(None, glob)

    def of(self, rule: Rule) -> list[Point]:
        """The points themselves, in the order of points.csv."""
        return [self.points[i] for i in self.positions_of(rule).tolist()]


def subjects_of(rule: Rule, site: Site) -> list[Point]:
    """The points of one rule, in the order of points.csv; for many rules make one `SubjectIndex`."""
    return SubjectIndex(site).of(rule)


class _Column:
    """One text column of the points as codes, and the positions of each text."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._codes: dict[str, int] = {}
        self._column = np.array([self._codes.setdefault(text, len(self._codes)) for text in texts], dtype=np.intp)
        order = np.argsort(self._column, kind="stable")
        bounds = np.searchsorted(self._column[order], np.arange(len(self._codes) + 1))
        self._groups = [order[bounds[i] : bounds[i + 1]] for i in range(len(self._codes))]

    def equal(self, found: Positions | None, text: str) -> Positions:
        """Those of `found` (all, where None) that have this text."""
        return self._narrow(found, [self._codes[text]] if text in self._codes else [])

    def among(self, found: Positions | None, texts: Iterable[str]) -> Positions:
        """Those of `found` (all, where None) that have one of these texts."""
        return self._narrow(found, [self._codes[text] for text in dict.fromkeys(texts) if text in self._codes])

    def like(self, found: Positions | None, glob: str) -> Positions:
        """Those of `found` (all, where None) whose text the glob matches; case counts."""
        return self._narrow(found, [code for text, code in self._codes.items() if fnmatchcase(text, glob)])

    def _narrow(self, found: Positions | None, codes: list[int]) -> Positions:
        if found is None:
            groups = [self._groups[code] for code in codes]
            if len(groups) == 1:
                return groups[0]
            return np.sort(np.concatenate(groups)) if groups else np.empty(0, dtype=np.intp)
        wanted = np.zeros(len(self._codes), dtype=np.bool_)
        wanted[codes] = True
        return found[wanted[self._column[found]]]
