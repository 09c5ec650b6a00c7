"""Which points a rule applies to, found on columns: the work goes with distinct kinds, not with points."""

from collections.abc import Callable
from fnmatch import fnmatchcase

import numpy as np

from plant.registry import PointRegistry
from plant.site import Site
from rules.engine.columns import I32, Bool, Index
from rules.schema import AppliesTo


class Matcher:
    """Answers `numbers(applies_to)` for one site."""

    def __init__(self, site: Site, registry: PointRegistry) -> None:
        points = list(site.points.values())
        self._registry = registry
        self._site = site
        self._numbers: Index = np.array([registry.numbers[p.point] for p in points], dtype=np.intp)
        self._kinds = _Coded([p.kind for p in points])
        self._enterprises = _Coded([p.enterprise for p in points])
        self._unit_kinds = _Coded([site.units[p.unit].kind if p.unit in site.units else "" for p in points])
        self._reports = _Coded([p.report for p in points])
        self._tags = _Coded([" ".join(sorted(p.tags)) for p in points])

    def numbers(self, applies_to: AppliesTo) -> Index:
        """Numbers of the points that match all that is given, ascending."""
        mask = np.ones(len(self._numbers), dtype=np.bool_)
        if applies_to.kind is not None:
            glob = applies_to.kind
            mask &= self._kinds.where(lambda kind: fnmatchcase(kind, glob))
        if applies_to.enterprise is not None:
            mask &= self._enterprises.where(lambda enterprise: enterprise == applies_to.enterprise)
        if applies_to.unit_kind is not None:
            mask &= self._unit_kinds.where(lambda kind: kind == applies_to.unit_kind)
        if applies_to.report is not None:
            mask &= self._reports.where(lambda report: report == applies_to.report)
        if applies_to.tags:
            wanted = set(applies_to.tags)
            mask &= self._tags.where(lambda tags: wanted <= set(tags.split(" ")))
        chosen = self._numbers[mask]
        if applies_to.points is not None:
            named = [self._registry.numbers[p] for p in applies_to.points if p in self._site.points]
            chosen = np.intersect1d(chosen, np.array(named, dtype=np.intp))
        return np.sort(chosen)


class _Coded:
    """A text column as codes into its distinct values."""

    def __init__(self, values: list[str]) -> None:
        table: dict[str, int] = {}
        self._codes: I32 = np.array([table.setdefault(v, len(table)) for v in values], dtype=np.int32)
        self._distinct = list(table)

    def where(self, accept: Callable[[str], bool]) -> Bool:
        """The rows whose value is accepted."""
        hits: Bool = np.array([accept(value) for value in self._distinct], dtype=np.bool_)
        if hits.all():
            return np.ones(len(self._codes), dtype=np.bool_)
        rows: Bool = hits[self._codes]
        return rows
