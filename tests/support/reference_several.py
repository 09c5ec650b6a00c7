"""Rules over several points: members, subjects, instants and decisions, one sentence of the page after the other."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from support.reference_alarms import LevelState
from support.reference_conditions import applies, whole_ms
from support.reference_expression import evaluate, parse

from plant.site import Point, Site
from rules.schema import Rule

SEVERAL = ("vote", "expression", "sequence", "gateway_down")
Key = tuple[str, str]
"""A member: (rule, subject); a point as such is ("", point)."""
Levels = dict[str, bool]


def names_of(rule: Rule) -> tuple[str, ...]:
    """The rules that a rule names."""
    condition = rule.condition
    if condition.vote is not None:
        return (condition.vote.rule,)
    if condition.sequence is not None:
        return (condition.sequence.first.rule, condition.sequence.then.rule)
    return ()


@dataclass
class Subject:
    """One subject of a rule: its own name, its members, and its points all the way down."""

    name: str
    points: frozenset[str]
    members: dict[Key, Key] = field(default_factory=dict)
    """Member -> what tells whether it is known: the point, or the subject of the rule over several points."""
    names: dict[str, str] = field(default_factory=dict)
    """Of an expression: name -> point."""


def common(values: Iterable[str | None]) -> str | None:
    """The one value that all have, else None."""
    different = set(values)
    return different.pop() if len(different) == 1 else None


def subjects_of_all(site: Site, rules: Sequence[Rule]) -> dict[str, dict[str, Subject]]:
    """Rule -> name -> subject, of all rules that are switched on."""
    result: dict[str, dict[str, Subject]] = {}
    for rule in in_order(rules):
        result[rule.id] = {subject.name: subject for subject in _subjects(site, rule, result)}
    return result


def in_order(rules: Sequence[Rule]) -> list[Rule]:
    """The rules that are switched on, each after those that it names."""
    waiting = {rule.id: rule for rule in rules if rule.enabled}
    result: list[Rule] = []
    while waiting:
        ready = [rule for rule in waiting.values() if not any(name in waiting for name in names_of(rule))]
        assert ready, "rules name one another in a circle"
        result += ready
        for rule in ready:
            del waiting[rule.id]
    return result


def _subjects(site: Site, rule: Rule, known: Mapping[str, Mapping[str, Subject]]) -> list[Subject]:
    if rule.condition.kind not in SEVERAL:
        return [Subject(p.point, frozenset([p.point])) for p in site.points.values() if applies(rule, p, site)]
    if rule.condition.expression is not None:
        units = {p.unit for p in site.points.values() if applies(rule, p, site)}
        return [s for unit in sorted(units) if (s := _of_expression(site, rule, unit)) is not None]
    groups: dict[str, dict[Key, Key]] = {}
    if rule.condition.gateway_down is not None:
        for point in site.points.values():
            device = site.devices.get(point.device or "")
            if device is None or device.enterprise != point.enterprise:
                continue
            brings = any(other.gateway == device.device for other in site.devices.values())
            gateway = device.gateway or (device.device if brings else None)
            if gateway is not None and applies(rule, point, site):
                groups.setdefault(gateway, {})["", point.point] = ("", point.point)
        return [Subject(name, frozenset(p for _, p in members), members) for name, members in groups.items()]
    per = rule.condition.vote.per if rule.condition.vote is not None else "unit"
    for name in dict.fromkeys(names_of(rule)):
        for subject in known[name].values():
            points = [site.points[point] for point in subject.points]
            group = "site" if per == "site" else common(getattr(point, per) for point in points)
            if group is not None and any(applies(rule, point, site) for point in points):
                member = (name, subject.name)
                groups.setdefault(group, {})[member] = member if subject.members else ("", subject.name)
    if rule.condition.sequence is not None:
        both = set(names_of(rule))
        groups = {unit: members for unit, members in groups.items() if {name for name, _ in members} == both}
    return [
        Subject(group, frozenset().union(*(known[n][s].points for n, s in members)), members)
        for group, members in groups.items()
    ]


def _of_expression(site: Site, rule: Rule, unit: str) -> Subject | None:
    names = {}
    inside = [point for point in site.points.values() if point.unit == unit]
    for name, text in rule.condition.expression.points.items():
        if text in site.points:
            found = [text] if site.points[text].unit == unit else []
        else:
            found = [point.point for point in inside if fnmatchcase(point.kind, text)]
        assert len(found) <= 1, f"{text} matches {found} in {unit}"
        if not found:
            return None
        names[name] = found[0]
    return Subject(unit, frozenset(names.values()), {("", point): ("", point) for point in names.values()}, names)


@dataclass
class View:
    """What one subject sees of its members and points at the time that is being decided."""

    known: dict[Key, bool]
    silent: dict[Key, bool]
    on: dict[Key, Levels]
    value: dict[str, float | None]


Happening = tuple[int, str, Any]
"""(time, what, about): "reading" (point, value), "known" (member, known, silent) or "level" (member, level, on)."""


class SubjectTracker:
    """One rule on one subject."""

    def __init__(self, rule: Rule, subject: Subject, points: Sequence[Point], view: View) -> None:
        self.rule, self.subject, self.view = rule, subject, view
        self.kind = rule.condition.kind
        self.enterprise = "" if subject.name == "site" and self._per == "site" else points[0].enterprise
        on_change = all(point.report == "on_change" for point in points)
        longest_ms = max(whole_ms(point.period_s) for point in points)
        self.runs_on_clock = on_change
        self.state = LevelState.of(rule, "on", longest_ms, on_change)
        self.last_decision: int | None = None
        self.degraded = False
        self.value: float | None = None
        self.limit: float | None = None
        self.side_was = {"first": False, "then": False}
        self.first_turned: int | None = None
        self.tree = parse(rule.condition.expression.is_) if rule.condition.expression else None
        self.decided = self.silent = False
        """A member is unknown until it is first decided, and while it can't be; silent while it is degraded then."""

    @property
    def name(self) -> str:
        return self.subject.name

    @property
    def sides(self) -> set[str]:
        return {""} if self.kind in ("sequence", "gateway_down") else {"", "degraded"}

    def value_of(self, level: str) -> float | None:
        return self.value

    def limit_of(self, level: str) -> float | None:
        return self.limit

    def crossing_of(self, level: str) -> None:
        return None

    @property
    def _per(self) -> str:
        return self.rule.condition.vote.per if self.rule.condition.vote is not None else "unit"

    def is_of(self, happening: Happening) -> bool:
        """Whether it happened to a member or a point of this subject."""
        _, what, about = happening
        if what == "known":
            return about[0] in self.subject.members.values()
        return about[0] in (self.subject.points if what == "reading" else self.subject.members)

    @staticmethod
    def concerns(happening: Happening) -> bool:
        """A usable reading, a change of a level, a change after which a member is unknown; not that it is known."""
        return happening[1] != "known" or not happening[2][1]

    def see(self, happening: Happening) -> None:
        _, what, about = happening
        if what == "reading":
            point, value = about
            self.view.known["", point], self.view.silent["", point] = True, False
            self.view.value[point] = value
        elif what == "known":
            member, known, silent = about
            self.view.known[member], self.view.silent[member] = known, silent
        else:
            member, level, on = about
            self.view.on.setdefault(member, {})[level] = on

    def raw(self, t: int) -> tuple[bool, bool, bool]:
        """(raw, whether it can be decided, degraded) by what is seen now."""
        if self.kind == "vote":
            return self._vote()
        if self.kind == "expression":
            return self._expression()
        if self.kind == "gateway_down":
            silent = [member for member in self.subject.members if self._silent(member)]
            self.value = float(len(silent))
            return len(silent) == len(self.subject.members), True, False
        return self._sequence(t), True, False

    def _known(self, member: Key) -> bool:
        return self.view.known[self.subject.members[member]]

    def _silent(self, member: Key) -> bool:
        return self.view.silent[self.subject.members[member]]

    def _is_on(self, member: Key, level: str | None) -> bool:
        levels = self.view.on.get(member, {})
        return any(levels.values()) if level is None else levels.get(level, False)

    def _vote(self) -> tuple[bool, bool, bool]:
        given = self.rule.condition.vote
        known = [member for member in self.subject.members if self._known(member)]
        unknown = len(self.subject.members) - len(known)
        need = max(1, given.n - unknown)
        count = sum(self._is_on(member, given.level) for member in known)
        self.value, self.limit = float(count), float(need)
        degraded = any(self._silent(member) for member in self.subject.members)
        if not known:
            return self.state.raw, False, degraded
        lone = given.lone_critical is not None and any(self._is_on(member, given.lone_critical) for member in known)
        return count >= need or lone, True, degraded

    def _expression(self) -> tuple[bool, bool, bool]:
        assert self.tree is not None
        values = {
            name: self.view.value[point] if self.view.known["", point] else None
            for name, point in self.subject.names.items()
        }
        result = evaluate(self.tree, values)
        if result is None:
            some_silent = any(self._silent(member) for member in self.subject.members)
            return self.state.raw, False, some_silent or None not in values.values()
        return bool(result), True, False

    def _sequence(self, t: int) -> bool:
        given = self.rule.condition.sequence
        turned = {}
        for side, member in (("first", given.first), ("then", given.then)):
            now = any(self._is_on(key, member.level) for key in self.subject.members if key[0] == member.rule)
            turned[side] = now and not self.side_was[side]
            self.side_was[side] = now
        if turned["first"]:
            self.first_turned = t
        if turned["then"]:
            return self.first_turned is not None and t - self.first_turned <= whole_ms(given.within_s)
        return self.state.raw and self.side_was["then"]


class Several:
    """All rules over several points, and what has happened in the instant that is open.

    `change(tracker, side, at, on)` is called where an alarm may change, `is_active(tracker, t)` tells of a schedule.
    """

    def __init__(
        self,
        site: Site,
        change: Callable[[SubjectTracker, str, int, bool], None],
        is_active: Callable[[SubjectTracker, int], bool],
    ) -> None:
        self.site, self.change, self.is_active = site, change, is_active
        self.rules: list[Rule] = []
        self.trackers: dict[Key, SubjectTracker] = {}
        self.happenings: list[Happening] = []
        self.latest: dict[tuple[str, Key], int] = {}

    def configure(
        self,
        rules: Sequence[Rule],
        known: dict[str, bool],
        silent: dict[str, bool],
        value: dict[str, float | None],
        on: dict[Key, Levels],
    ) -> None:
        """Other rules. `known`, `silent`, `value` are the points', `on` the levels of the rules on one point each."""
        assert not self.happenings
        subjects = subjects_of_all(self.site, rules)
        before, was = self.trackers, {rule.id: rule for rule in self.rules}
        unchanged: set[str] = set()
        for rule in in_order(rules):
            if was.get(rule.id) == rule and all(name in unchanged for name in names_of(rule)):
                unchanged.add(rule.id)
        self.rules, self.trackers = list(rules), {}
        seen = {("", point): is_known for point, is_known in known.items()}
        lost = {("", point): is_silent for point, is_silent in silent.items()}
        levels = {key: dict(states) for key, states in on.items()}
        for rule in in_order(rules):
            if rule.condition.kind not in SEVERAL:
                continue
            for subject in subjects[rule.id].values():
                key = (rule.id, subject.name)
                old = before.get(key)
                view = View(dict(seen), dict(lost), {k: dict(v) for k, v in levels.items()}, dict(value))
                if old is not None and rule.id in unchanged:
                    tracker = old
                    tracker.view = view
                else:
                    points = [self.site.points[point] for point in sorted(subject.points)]
                    tracker = SubjectTracker(rule, subject, points, view)
                    if old is not None:
                        tracker.state.on = old.state.on
                        tracker.degraded = old.degraded and "degraded" in tracker.sides
                self.trackers[key] = tracker
            for key in ((rule.id, name) for name in subjects[rule.id]):
                seen[key], lost[key] = self.trackers[key].decided, self.trackers[key].silent
                levels[key] = {"on": self.trackers[key].state.on}

    @property
    def points(self) -> set[str]:
        """The points that these rules look at."""
        return {point for tracker in self.trackers.values() for point in tracker.subject.points}

    def happened(self, stream: tuple[str, Key], t: int, what: str, about: Any) -> None:
        """Of one stream (a member's levels; a point's silence and readings) nothing later counts as earlier."""
        t = max(t, self.latest.get(stream, t))
        self.latest[stream] = t
        self.happenings.append((t, what, about))

    def close(self, clock: int) -> None:
        """The instant is over: decide, the named rule before the one that names it."""
        for rule in in_order(self.rules):
            for tracker in [tracker for (name, _), tracker in self.trackers.items() if name == rule.id]:
                self._due(tracker, clock)
                mine = [happening for happening in self.happenings if tracker.is_of(happening)]
                for t in sorted({happening[0] for happening in mine}):
                    now = [happening for happening in mine if happening[0] == t]
                    for happening in now:
                        tracker.see(happening)
                    if any(tracker.concerns(happening) for happening in now):
                        self._decide(tracker, t)
                        self._due(tracker, clock)
        self.happenings, self.latest = [], {}

    def _due(self, tracker: SubjectTracker, clock: int) -> None:
        while tracker.runs_on_clock and (due := tracker.state.due()) is not None and due <= clock:
            tracker.state.on = tracker.state.raw
            self._settle(tracker, due)

    def _decide(self, tracker: SubjectTracker, time: int) -> None:
        first = tracker.last_decision is None
        t = time if tracker.last_decision is None else max(time, tracker.last_decision)
        tracker.last_decision = t
        raw, decided, degraded = tracker.raw(t)
        was_on = tracker.state.on
        tracker.state.reading(t, raw and self.is_active(tracker, t))
        key = (tracker.rule.id, tracker.subject.name)
        silent = degraded and not decided
        if (decided, silent) != (tracker.decided, tracker.silent):
            tracker.decided, tracker.silent = decided, silent
            self.happened(("level", key), t, "known", (key, decided, silent))
        if tracker.state.on != was_on:
            self._settle(tracker, t)
        elif first:
            # A changed rule may give the alarm that goes on another severity.
            self.change(tracker, "", t, tracker.state.on)
        if degraded != tracker.degraded:
            tracker.degraded = degraded
            self.change(tracker, "degraded", t, degraded)

    def _settle(self, tracker: SubjectTracker, t: int) -> None:
        key = (tracker.rule.id, tracker.subject.name)
        self.happened(("level", key), t, "level", (key, "on", tracker.state.on))
        self.change(tracker, "", t, tracker.state.on)
