"""Rules against the points of the site: what they apply to, and what the points' cells make of them."""

from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from plant.mistakes import Mistake
from plant.site import Point, Site
from rules.levels import is_left_to_cells, takes_cells
from rules.loader.replacing import looser
from rules.loader.rule_files import PlacedRule
from rules.loader.schedule_checks import ScheduleChecks
from rules.schema import Level, Limit
from rules.subjects import Positions, SubjectIndex

_LEVELS: tuple[Level, ...] = ("ll", "l", "h", "hh")
_POINTS_FILE = "points.csv"
_MOST_HINTS = 5
_MOST_COMPARED = 20_000

Floats = NDArray[np.float64]


class SiteChecks:
    """Checks rule after rule; `finish` then speaks of the cells that none of them used."""

    def __init__(self, site: Site, index: SubjectIndex, mistakes: list[Mistake]) -> None:
        self._site = site
        self._index = index
        self._mistakes = mistakes
        self._hints_left = _MOST_HINTS
        names = (*_LEVELS, "deadband")
        self._cells = {name: _cells(index.points, name) for name in names}
        self._schedules = ScheduleChecks(site, mistakes)
        self._used = {name: np.zeros(len(index.points), dtype=np.bool_) for name in names}

    def check(self, placed: PlacedRule) -> None:
        """Note what is wrong with one rule on this site."""
        self._check_names(placed)
        positions = self._index.positions_of(placed.rule)
        if len(positions) == 0 and not placed.of_pack:
            self._mistakes.append(placed.mistake("applies_to", "applies to no point of the site", warning=True))
        self._check_units(placed, positions)
        self._check_stale(placed, positions)
        self._check_ceiling(placed)
        if placed.rule.active is not None or placed.rule.when:
            self._schedules.check(placed, [self._index.points[i] for i in positions.tolist()])
        if placed.rule.condition.limit is not None and takes_cells(placed.rule):
            self._check_cells(placed, placed.rule.condition.limit, positions)
        for level in _LEVELS:
            if is_left_to_cells(placed.rule, level):
                self._check_left(placed, level, positions)

    def finish(self) -> None:
        """Warn of cells that no rule uses, once per column and kind of point."""
        points = self._index.points
        for name, cells in self._cells.items():
            unused = np.flatnonzero(~np.isnan(cells) & ~self._used[name])
            by_kind: dict[str, list[int]] = {}
            for position in unused.tolist():
                by_kind.setdefault(points[position].kind, []).append(position)
            for kind, positions in by_kind.items():
                others = f", nor that of {len(positions) - 1} more points of kind {kind}" if len(positions) > 1 else ""
                message = f"no rule uses this cell of {points[positions[0]].point}{others}"
                self._mistakes.append(Mistake(_POINTS_FILE, points[positions[0]].line, name, message, "warning"))

    def _check_names(self, placed: PlacedRule) -> None:
        to = placed.rule.applies_to
        for i, name in enumerate(to.points or ()):
            if name not in self._site.points:
                message = f"there is no point {name[:64]!r}, allowed are ids of {_POINTS_FILE}{self._hint(name)}"
                self._mistakes.append(placed.mistake_at(("applies_to", "points", i), message))
        if to.enterprise is not None and to.enterprise not in self._site.enterprises:
            message = f"there is no enterprise {to.enterprise[:64]!r}, allowed are ids of enterprises.csv"
            self._mistakes.append(placed.mistake("applies_to.enterprise", message))

    def _hint(self, name: str) -> str:
        """The nearest point id: dear on a large site, so only for the first few."""
        self._hints_left -= 1
        if self._hints_left < 0:
            return ""
        near = get_close_matches(name[:64], list(self._site.points)[:_MOST_COMPARED], n=1)
        return f"; did you mean {near[0]}?" if near else ""

    def _check_units(self, placed: PlacedRule, positions: Positions) -> None:
        symbols = placed.rule.unit_symbols
        if not symbols:
            return
        for i in positions.tolist():
            point = self._index.points[i]
            if point.unit_symbol is not None and point.unit_symbol not in symbols:
                message = (
                    f"{point.unit_symbol} is not the unit of rule {placed.rule.id} ({placed.file}), "
                    f"allowed are {', '.join(symbols)}"
                )
                self._mistakes.append(Mistake(_POINTS_FILE, point.line, "unit_symbol", message))

    def _check_stale(self, placed: PlacedRule, positions: Positions) -> None:
        condition = placed.rule.condition
        given = condition.stale or condition.flapping
        if given is None or given.after_s is not None:
            return
        on_change = [p.point for i in positions.tolist() if (p := self._index.points[i]).report == "on_change"]
        if on_change:
            message = (
                f"after_s is missing, needed for points that report on change "
                f"({on_change[0]}{f' and {len(on_change) - 1} more' if len(on_change) > 1 else ''})"
            )
            self._mistakes.append(placed.mistake(f"condition.{condition.kind}", message))

    def _check_ceiling(self, placed: PlacedRule) -> None:
        rule = placed.rule
        given = getattr(rule.condition, rule.condition.kind)
        for level, ceiling in rule.ceiling.items():
            value = getattr(given, level)
            if value is not None and looser(level, value, ceiling):
                path = f"condition.{rule.condition.kind}.{level}"
                self._mistakes.append(placed.mistake(path, _looser_than(level, value, ceiling, placed)))

    def _check_cells(self, placed: PlacedRule, given: Limit, positions: Positions) -> None:
        rule, points = placed.rule, self._index.points
        levels: dict[Level, Floats] = {}
        for level in given.named:
            cells = self._cells[level][positions]
            value = getattr(given, level)
            levels[level] = cells if value is None else np.where(np.isnan(cells), value, cells)
            if rule.enabled:
                self._used[level][positions] = True
                self._used["deadband"][positions] = True
            if value is None and np.isnan(cells).all() and not placed.of_pack and len(positions):
                message = f"no point has a cell {level}, so the level is never watched"
                self._mistakes.append(placed.mistake(f"condition.limit.{level}", message, warning=True))
            if level in rule.ceiling:
                ceiling = rule.ceiling[level]
                beyond = cells > ceiling if level in ("h", "hh") else cells < ceiling
                for i in np.flatnonzero(beyond).tolist():
                    point = points[positions[i]]
                    message = f"{_looser_than(level, float(cells[i]), ceiling, placed)} in rule {rule.id}"
                    self._mistakes.append(Mistake(_POINTS_FILE, point.line, level, message))
        if placed.of_pack and len(positions):
            self._warn_of_points_without_limits(placed, positions, levels)
        self._check_order(placed, positions, levels)

    def _check_left(self, placed: PlacedRule, level: Level, positions: Positions) -> None:
        """A level of a forecast that comes from the points' cells alone."""
        if placed.rule.enabled:
            self._used[level][positions] = True
        if not placed.of_pack and len(positions) and np.isnan(self._cells[level][positions]).all():
            message = f"no point has a cell {level}, so the level is never watched"
            self._mistakes.append(placed.mistake(f"condition.forecast.{level}", message, warning=True))

    def _warn_of_points_without_limits(
        self, placed: PlacedRule, positions: Positions, levels: dict[Level, Floats]
    ) -> None:
        """A pack that leaves the figures to the site watches nothing on a point without any."""
        bare = positions[np.all([np.isnan(limits) for limits in levels.values()], axis=0)]
        if len(bare):
            point = self._index.points[bare[0]]
            others = f", nor do {len(bare) - 1} more points" if len(bare) > 1 else ""
            message = f"{point.point} has no limit for rule {placed.rule.id} ({placed.file}){others}; it watches none"
            self._mistakes.append(Mistake(_POINTS_FILE, point.line, next(iter(levels)), message, "warning"))

    def _check_order(self, placed: PlacedRule, positions: Positions, levels: dict[Level, Floats]) -> None:
        """ll <= l < h <= hh must hold with the cells in place."""
        named = [level for level in _LEVELS if level in levels]
        for i, lower in enumerate(named):
            for upper in named[i + 1 :]:
                strict = lower in ("ll", "l") and upper in ("h", "hh")
                low, high = levels[lower], levels[upper]
                for k in np.flatnonzero(low >= high if strict else low > high).tolist():
                    point = self._index.points[positions[k]]
                    column = lower if getattr(point, lower) is not None else upper
                    message = (
                        f"{lower} {low[k]:.15g} is not {'below' if strict else 'at most'} {upper} {high[k]:.15g} "
                        f"in rule {placed.rule.id}, allowed is ll <= l < h <= hh"
                    )
                    if getattr(point, column) is not None:
                        self._mistakes.append(Mistake(_POINTS_FILE, point.line, column, message))


def _looser_than(level: str, value: float, ceiling: float, placed: PlacedRule) -> str:
    source = placed.rule.source
    clause = f" ({source.standard} {source.clause})".replace(" )", ")") if source else ""
    bound = "at most" if level in ("h", "hh") else "at least"
    return f"{value:.15g} is looser than the ceiling {ceiling:.15g}{clause}, allowed is {bound} {ceiling:.15g}"


def _cells(points: list[Point], name: str) -> Floats:
    cells = (getattr(point, name) for point in points)
    return np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float64)
