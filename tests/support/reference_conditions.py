"""Section 3 of the semantics, one class a kind: the raw condition of one (rule, point) at each reading it runs over.

`raw(t, value, was)` takes the raw values after the reading before and returns those after this one; a level for which
the condition can't be computed is returned as it was. Slow and obvious on purpose.
"""

from fnmatch import fnmatchcase

from plant.site import Point, Site
from rules.schema import Rule

PANES = 12
Raw = dict[str, bool]


def whole_ms(seconds: float) -> int:
    """Settings in seconds, rounded once to whole milliseconds, halves to even."""
    return round(seconds * 1000)


def is_high(level: str) -> bool:
    return level in ("h", "hh")


def applies(rule: Rule, point: Point, site: Site) -> bool:
    """All that `applies_to` gives must match."""
    to = rule.applies_to
    return (
        (to.kind is None or fnmatchcase(point.kind, to.kind))
        and (to.points is None or point.point in to.points)
        and (to.unit_kind is None or site.units[point.unit].kind == to.unit_kind)
        and (to.enterprise is None or point.enterprise == to.enterprise)
        and all(tag in point.tags for tag in to.tags)
        and (to.report is None or point.report == to.report)
        and (not to.unit_symbols or point.unit_symbol in to.unit_symbols)
        and (to.principle is None or point.principle == to.principle)
        and (
            to.unit_has is None
            or any(p.unit == point.unit and fnmatchcase(p.kind, to.unit_has) for p in site.points.values())
        )
    )


def implied(raw: Raw) -> Raw:
    """hh true makes h true, ll makes l true."""
    result = dict(raw)
    for outer, inner in (("hh", "h"), ("ll", "l")):
        if outer in raw and inner in raw and raw[outer]:
            result[inner] = True
    return result


def beyond(level: str, value: float, limit: float, deadband: float, was: bool) -> bool:
    """3.1: a level with its deadband."""
    if is_high(level):
        return value >= limit or (was and not value < limit - deadband)
    return value <= limit or (was and not value > limit + deadband)


class Limit:
    def __init__(self, rule: Rule, point: Point) -> None:
        given = rule.condition.limit
        self.limits: dict[str, float] = {}
        for level in given.named:
            value = getattr(given, level)
            cell = getattr(point, level)
            if rule.cells and cell is not None:
                value = cell
            if value is not None:
                self.limits[level] = value
        self.deadband = given.deadband
        if rule.cells and point.deadband is not None:
            self.deadband = point.deadband

    def raw(self, t: int, value: float, was: Raw) -> Raw:
        return implied({k: beyond(k, value, limit, self.deadband, was[k]) for k, limit in self.limits.items()})


class Discrete:
    def __init__(self, rule: Rule, point: Point) -> None:
        self.given = rule.condition.discrete
        self.limits: dict[str, float | None] = {"on": None}

    def raw(self, t: int, value: float, was: Raw) -> Raw:
        if self.given.equals is not None:
            return {"on": value == self.given.equals}
        if self.given.not_equals is not None:
            return {"on": value != self.given.not_equals}
        return {"on": value in self.given.in_}


class Rate:
    def __init__(self, rule: Rule, point: Point) -> None:
        given = rule.condition.rate
        self.window_ms = whole_ms(given.over_s)
        self.fraction = given.deadband_fraction
        self.limits = {level: getattr(given, level) for level in given.named}
        self.first_of_pane: dict[int, tuple[int, float]] = {}

    def raw(self, t: int, value: float, was: Raw) -> Raw:
        pane = t * PANES // self.window_ms
        self.first_of_pane.setdefault(pane, (t, value))
        oldest = min(p for p in self.first_of_pane if p >= pane - (PANES - 1))
        t_base, v_base = self.first_of_pane[oldest]
        if 2 * (t - t_base) < self.window_ms:
            return was
        rate = (value - v_base) / ((t - t_base) / 1000)
        result = {}
        for level, r in self.limits.items():
            edge = r * (1 - self.fraction)
            if is_high(level):
                result[level] = rate >= r or (was[level] and not rate < edge)
            else:
                result[level] = rate <= r or (was[level] and not rate > edge)
        return implied(result)


class Window:
    def __init__(self, rule: Rule, point: Point) -> None:
        given = rule.condition.window
        self.given = given
        self.window_ms = whole_ms(given.over_s)
        self.limits = {level: getattr(given, level) for level in given.named}
        self.panes: dict[int, list[float]] = {}
        self.first_pane: int | None = None

    def raw(self, t: int, value: float, was: Raw) -> Raw:
        pane = t * PANES // self.window_ms
        if self.first_pane is None:
            self.first_pane = pane
        self.panes.setdefault(pane, []).append(value)
        if not (self.given.partial or pane >= self.first_pane + (PANES - 1)):
            return was
        stat = self.stat([self.panes[p] for p in range(pane - (PANES - 1), pane + 1) if p in self.panes])
        return implied({k: beyond(k, stat, limit, self.given.deadband, was[k]) for k, limit in self.limits.items()})

    def stat(self, panes: list[list[float]]) -> float:
        count = sum(len(values) for values in panes)
        if self.given.stat == "count":
            return float(count)
        if self.given.stat == "min":
            return min(min(values) for values in panes)
        if self.given.stat == "max":
            return max(max(values) for values in panes)
        return sum_of_panes(panes) / count


def sum_of_panes(panes: list[list[float]]) -> float:
    """Per pane in the order taken, then the panes one by one from the oldest (`sum` would compensate from 3.12 on)."""
    total = 0.0
    for values in panes:
        pane_sum = 0.0
        for value in values:
            pane_sum = pane_sum + value
        total = total + pane_sum
    return total


class Twa:
    def __init__(self, rule: Rule, point: Point) -> None:
        given = rule.condition.twa
        self.window_ms = whole_ms(given.over_s)
        self.max_gap_ms = whole_ms(given.max_gap_s)
        self.deadband = given.deadband
        self.limits = {level: getattr(given, level) for level in given.named}
        self.steps: dict[int, list[tuple[float, int]]] = {}
        self.last: tuple[int, float] | None = None

    def raw(self, t: int, value: float, was: Raw) -> Raw:
        pane = t * PANES // self.window_ms
        if self.last is not None:
            t_last, v_last = self.last
            ms = min(t - t_last, self.max_gap_ms)
            self.steps.setdefault(pane, []).append((v_last * ms, ms))
        self.last = (t, value)
        panes = [self.steps[p] for p in range(pane - (PANES - 1), pane + 1) if p in self.steps]
        weighted = sum_of_panes([[product for product, _ in steps] for steps in panes])
        covered_ms = sum(ms for steps in panes for _, ms in steps)
        enough = covered_ms >= 0.75 * self.window_ms

        def holds(limit: float) -> bool:
            return weighted / self.window_ms >= limit or (enough and weighted / covered_ms >= limit)

        result = {}
        for level, limit in self.limits.items():
            if holds(limit):
                result[level] = True
            elif enough and not holds(limit - self.deadband):
                result[level] = False
            else:
                result[level] = was[level]
        return implied(result)


class Frozen:
    def __init__(self, rule: Rule, point: Point) -> None:
        self.given = rule.condition.frozen
        self.limits: dict[str, float | None] = {"on": None}
        self.first: tuple[int, float] | None = None

    def raw(self, t: int, value: float, was: Raw) -> Raw:
        if self.first is None or abs(value - self.first[1]) > self.given.epsilon:
            self.first = (t, value)
        t_first, v_first = self.first
        ignored = self.given.ignore is not None and self.given.ignore[0] <= v_first <= self.given.ignore[1]
        return {"on": t - t_first >= whole_ms(self.given.for_s) and not ignored}


class Range:
    def __init__(self, rule: Rule, point: Point) -> None:
        self.over = rule.condition.range.is_ == "over"
        self.limits: dict[str, float | None] = {"on": None}
        self.point = point

    def raw(self, t: int, value: float, was: Raw) -> Raw:
        return {"on": over_range(self.point, value) if self.over else under_range(self.point, value)}


def over_range(point: Point, value: float) -> bool:
    """Section 2; with either bound empty the test is not made."""
    if point.range_low is None or point.range_high is None:
        return False
    return value > point.range_high


def under_range(point: Point, value: float) -> bool:
    """Section 2; with either bound empty the test is not made."""
    if point.range_low is None or point.range_high is None:
        return False
    return value < point.range_low - 0.05 * (point.range_high - point.range_low)


KINDS = {
    "limit": Limit,
    "discrete": Discrete,
    "rate": Rate,
    "window": Window,
    "twa": Twa,
    "frozen": Frozen,
    "range": Range,
}
