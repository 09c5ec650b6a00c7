"""Conditions on instruments and links, one class a kind: slow and obvious on purpose."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from support.reference_conditions import Raw, whole_ms
from support.reference_trend import decay

from plant.site import Point
from rules.schema import Rule


class Clock:
    def __init__(self, rule: Rule, point: Point) -> None:
        self.over_ms = whole_ms(rule.condition.clock.skew_over_s)
        self.limits: dict[str, float | None] = {"on": None}
        self.stamp, self.measured = "as is", 0

    def raw(self, t: int, value: float, was: Raw) -> Raw:
        """`t` is the received_at here."""
        if self.stamp == "missing":
            return was
        return {"on": self.stamp != "as is" or abs(t - self.measured) > self.over_ms}


class Flapping:
    def __init__(self, rule: Rule, point: Point) -> None:
        self.given = rule.condition.flapping
        self.limits: dict[str, float | None] = {"on": None}
        after_s = self.given.after_s
        self.after_ms = 3 * whole_ms(point.period_s) if after_s is None else whole_ms(after_s)
        self.returns: list[int] = []

    def arrived(self, received: int, since: int, down: bool) -> None:
        if down or received - since > self.after_ms:
            self.returns.append(received)

    def raw(self, t: int, value: float, was: Raw) -> Raw:
        within = [at for at in self.returns if t - at <= whole_ms(self.given.within_s)]
        return {"on": len(within) >= self.given.n}


class Calibration:
    def __init__(self, rule: Rule, point: Point) -> None:
        self.given, self.point = rule.condition.calibration, point
        self.limits: dict[str, float | None] = {"on": None}

    def due_ms(self, timezone: str) -> int | None:
        if self.point.calibration_due is None:
            return None
        day = date.fromisoformat(self.point.calibration_due) - timedelta(days=self.given.days_before)
        return round(datetime.combine(day, time(), ZoneInfo(timezone)).timestamp() * 1000)


class Drift:
    def __init__(self, rule: Rule, point: Point) -> None:
        self.given = rule.condition.drift
        self.limits: dict[str, float | None] = {"on": None}
        self.half_life_ms = whole_ms(self.given.half_life_s)
        self.turn_ms = max(1000, self.half_life_ms // 12)
        self.turn: int | None = None
        self.weight, self.t = 0.0, 0
        self.mean: float | None = None
        self.off = 0.0

    def take(self, t: int, value: float) -> None:
        self.weight = decay(t - self.t, self.half_life_ms) * self.weight + 1
        mean = self.mean or 0.0
        self.mean = mean + (value - mean) / self.weight
        self.t = t

    def turns(self, clock: int) -> bool:
        before, self.turn = self.turn, clock // self.turn_ms
        return before != self.turn

    def raw(self, t: int, value: float, was: Raw) -> Raw:
        return {"on": abs(self.off) > self.given.over}


def median(values: Sequence[float]) -> float:
    ordered, n = sorted(values), len(values)
    return (ordered[(n - 1) // 2] + ordered[n // 2]) / 2


DEVICE_KINDS = {"clock": Clock, "flapping": Flapping, "calibration": Calibration, "drift": Drift}


def flapping(reference: Any, state: Any, received: int) -> None:
    """A reading of any kind comes to a `Reference`: does it end a silence?"""
    since = max(x for x in (state.arrived, state.source_up, reference.clock_start) if x is not None)
    for tracker in reference.of_point.get(state.point.point, []):
        if tracker.kind == "flapping":
            tracker.condition.arrived(received, since, state.down)
            tracker.reading(received, 0.0)
            reference._decide(tracker, received)


def calibration_and_drift(reference: Any) -> None:
    """What the clock decides at the beginning of an entry."""
    turned: list[Any] = []
    for tracker in reference.trackers.values():
        if tracker.kind == "calibration":
            due = tracker.condition.due_ms(reference.site.timezone)
            tracker.levels["on"].on = due is not None and reference.clock >= due
            reference._decide(tracker, reference.clock)
        elif tracker.kind == "drift" and tracker.condition.turns(reference.clock):
            turned.append(tracker)
    for tracker in turned:
        others = [other.condition.mean for other in counting(reference, tracker) if other is not tracker]
        if tracker in counting(reference, tracker) and len(others) >= tracker.condition.given.min_neighbours:
            tracker.condition.off = tracker.condition.mean - median(others)
            tracker.reading(reference.clock, 0.0)
            reference._decide(tracker, reference.clock)


def counting(reference: Any, tracker: Any) -> list[Any]:
    """The rule's points of this unit and kind that have a mean and are neither silent nor down."""
    found = []
    for other in reference.trackers.values():
        point, state = other.point, reference.points[other.point.point]
        near = (point.unit, point.kind) == (tracker.point.unit, tracker.point.kind)
        if other.rule.id == tracker.rule.id and near and other.condition.mean is not None and not state.down:
            after = reference.silent_after[point.point]
            if after is None or reference.clock - reference._usable_since(state) <= after:
                found.append(other)
    return found
