"""Schedules over the scalar reference: `active` and `when`, one reading at a time. Slow and obvious on purpose."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from support.reference import Reference
from support.reference_conditions import Raw, is_high, whole_ms
from support.reference_expression import evaluate, parse
from support.reference_points import Tracker
from support.reference_several import SubjectTracker

from plant.site import Site
from rules.schema import Active, Rule, When

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE_MS = 60_000


def in_hours(active: Active, site: Site, t: int) -> bool:
    """shift and calendar, in a time zone whose clocks are not put forward or back."""
    local = datetime.fromtimestamp(t / 1000, ZoneInfo(site.timezone))
    if not active.shift:
        return right_day(active, site, local)
    now = local.hour * 60 + local.minute
    for shift in active.shift:
        begin, end = minutes(shift.from_), minutes(shift.to)
        for days_ago in (0, 1):
            day = local - timedelta(days=days_ago)
            length = end - begin if end > begin else end - begin + 24 * 60
            since_begin = now + 24 * 60 * days_ago - begin
            if WEEKDAYS[day.weekday()] in shift.days and right_day(active, site, day) and 0 <= since_begin < length:
                return True
    return False


def right_day(active: Active, site: Site, day: datetime) -> bool:
    if active.calendar is None:
        return True
    listed = site.calendar.get(day.date().isoformat())
    workday = day.weekday() < 5 if listed is None else listed.kind == "workday"
    return workday == (active.calendar == "workdays")


def minutes(wall: str) -> int:
    hours, rest = wall.split(":")
    return 60 * int(hours) + int(rest)


class Scheduled:
    """A condition of the reference, looked at through its rule's schedule."""

    def __init__(self, inner: object, tracker: Tracker, reference: "ScheduledReference") -> None:
        self.inner, self.tracker, self.reference = inner, tracker, reference
        self.own = dict(inner.limits)

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def raw(self, t: int, value: float, was: Raw) -> Raw:
        rule = self.tracker.rule
        if rule.when:
            self.inner.limits = self.limits_now(rule.when)
        raw = self.inner.raw(t, value, was)
        if rule.active is None or self.reference.is_active(rule.active, self.tracker.point.unit, t):
            return raw
        return {level: on and level in rule.never_suppress for level, on in raw.items()}

    def limits_now(self, entries: Sequence[When]) -> dict[str, float]:
        bound: dict[str, float] = {}
        found = self.own
        for entry in entries:
            truth = self.reference.truth(entry.while_, entry.points, self.tracker.point.unit)
            if truth is False:
                continue
            levels = {level: self.with_cell(level, getattr(entry.levels, level)) for level in self.own}
            if truth is True:
                found = levels
                break
            bound = {k: tighter(k, v, bound.get(k, v)) for k, v in levels.items()}
        return {k: tighter(k, v, bound.get(k, v)) for k, v in found.items()}

    def with_cell(self, level: str, value: float) -> float:
        cell = getattr(self.tracker.point, level) if self.tracker.rule.cells else None
        return value if cell is None else tighter(level, value, cell)


def tighter(level: str, a: float, b: float) -> float:
    return min(a, b) if is_high(level) else max(a, b)


class ScheduledReference(Reference):
    """What the points were known to be is noted at the beginning of each instant."""

    def __init__(self, site: Site, rules: Sequence[Rule], registry: Mapping[str, int]) -> None:
        self.before: dict[str, float | None] = {}
        super().__init__(site, rules, registry)

    def _instant_begins(self, now: int) -> None:
        if self.clock is None or now > self.clock:
            gap = 0 if self.clock is None or now - self.clock <= 2000 else now - self.clock
            self.before = {name: self.known_value(name, now, gap) for name in self.points}

    def known_value(self, name: str, now: int, gap: int) -> float | None:
        state, after = self.points[name], self.silent_after[name]
        if state.usable_value is None or state.lost:
            return None
        since = max(x for x in (state.arrived_usable, state.source_up, self.clock_start) if x is not None)
        return None if after is not None and now - since - gap > after else state.usable_value

    def _tracker(self, old: Tracker | None, rule: Rule, point: object) -> Tracker:
        new = Reference._tracker(old, rule, point)
        if new is not old and (rule.active or rule.when) and new.kind != "stale":
            new.condition = Scheduled(new.condition, new, self)
        return new

    def _stale_due(self, tracker: Tracker) -> int | None:
        due = super()._stale_due(tracker)
        active = tracker.rule.active
        if due is None or active is None:
            return due
        while not in_hours(active, self.site, due):
            due = due - due % MINUTE_MS + MINUTE_MS
            if due >= self.clock:
                return None
        return due

    def _is_in_hours(self, tracker: Tracker, t: int) -> bool:
        return tracker.rule.active is None or in_hours(tracker.rule.active, self.site, t)

    def is_active(self, active: Active, unit: str, t: int) -> bool:
        if not in_hours(active, self.site, t):
            return False
        return active.while_ is None or self.truth(active.while_, active.points, unit) is not False

    def _is_subject_active(self, tracker: SubjectTracker, t: int) -> bool:
        """A subject that a formula speaks of is a unit."""
        active = tracker.rule.active
        return active is None or self.is_active(active, tracker.name, t)

    def truth(self, formula: str, names: Mapping[str, str], unit: str) -> object:
        values = {name: self.named(what, unit) for name, what in names.items()}
        return evaluate(parse(formula), values)

    def named(self, what: str, unit: str) -> float | None:
        for point in self.site.points.values():
            if point.unit == unit and (point.point == what or fnmatchcase(point.kind, what)):
                return self.before.get(point.point)
        return None


__all__ = ["ScheduledReference", "in_hours", "whole_ms"]
