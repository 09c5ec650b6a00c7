"""Alarms suppressed by design: while an alarm above them stands, those below are not told one by one (pure).

An alarm that a rule may suppress is *held* when it is raised, so that the alarm above it can come first; it is
*suppressed* while that stands, and held again when it ends. Time is that of the events: the engine's clock.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import inf
from typing import Final, NamedTuple

from rules.events import AlarmEvent

QUIETED: Final = frozenset({"blue", "yellow"})
"""Only alarms of these severities are ever held or suppressed."""


class Above(NamedTuple):
    """An alarm that may stand above another: its rule and subject, and how long to wait for it and after it."""

    rule: str
    subject: str
    hold_ms: int
    settle_ms: int


@dataclass(frozen=True, slots=True)
class Quiet:
    """An alarm nobody is told of: held until `due`, or suppressed by the alarm `parent` (then `due` is None), or
    settling after that has ended (both are given)."""

    alarm: str
    rule: str
    subject: str
    parent: str | None
    since: int
    due: int | None
    active: bool
    """Its condition is on."""


class Release(NamedTuple):
    """From now on the alarm is told of, from its first event on."""

    alarm: str
    at: int


class Suppressed(NamedTuple):
    """The alarm is suppressed by design from `at` on."""

    alarm: str
    parent: str
    at: int


class Ended(NamedTuple):
    """The alarm is suppressed no more."""

    alarm: str
    at: int


Effect = Release | Suppressed | Ended
AboveOf = Callable[[str, str], tuple[Above, ...]]
"""(rule, subject) of an alarm -> the alarms that may stand above it."""


@dataclass(slots=True)
class Suppression:
    """The state: alarms that stand above others by (rule, subject), and the quiet ones.

    changed    the alarms whose entry in `quiet` is new, another or gone, and whether `parents` is another: for the book
    next_due   no wait is over before this
    """

    parents: dict[tuple[str, str], str] = field(default_factory=dict)
    quiet: dict[str, Quiet] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    parents_changed: bool = False
    next_due: float = inf

    def __post_init__(self) -> None:
        self._look_ahead()

    def pass_time(self, until: int, above_of: AboveOf) -> list[Effect]:
        """End the waits that are over at `until`, in order."""
        effects: list[Effect] = []
        if until < self.next_due:
            return effects
        over = [q for q in self.quiet.values() if q.due is not None and q.due <= until]
        for quiet in sorted(over, key=lambda q: (q.due, q.alarm)):
            at = quiet.due or 0
            parent = self._parent_of(quiet.rule, quiet.subject, above_of)
            if parent is not None:
                effects += self._suppress(quiet, parent, at)
                continue
            self._drop(quiet.alarm)
            if quiet.parent is not None:
                effects.append(Ended(quiet.alarm, at))
            if quiet.parent is None or quiet.active:
                effects.append(Release(quiet.alarm, at))
        self._look_ahead()
        return effects

    def take(self, event: AlarmEvent, above_of: AboveOf, *, is_above: bool) -> list[Effect]:
        """An event of the engine; `is_above` says whether its rule suppresses others."""
        effects: list[Effect] = []
        if (is_above or (event.rule, event.subject) in self.parents) and event.side != "degraded":
            effects += self._take_parent(event, above_of)
        quiet = self.quiet.get(event.alarm)
        if quiet is not None:
            effects += self._take_quiet(quiet, event)
        elif event.event == "raised" and event.severity in QUIETED and not _is_always_told(event):
            above = above_of(event.rule, event.subject)
            if above:
                due = event.received_at + max(a.hold_ms for a in above)
                self._keep(Quiet(event.alarm, event.rule, event.subject, None, event.received_at, due, True))
                parent = self._parent_of(event.rule, event.subject, above_of)
                if parent is not None:
                    effects += self._suppress(self.quiet[event.alarm], parent, event.received_at)
        return effects

    def _take_parent(self, event: AlarmEvent, above_of: AboveOf) -> list[Effect]:
        key, at = (event.rule, event.subject), event.received_at
        effects: list[Effect] = []
        self.parents_changed = True
        if event.event != "cleared":
            self.parents[key] = event.alarm
            for quiet in sorted(self.quiet.values(), key=lambda q: q.alarm):
                waits = quiet.due is not None
                if waits and any((a.rule, a.subject) == key for a in above_of(quiet.rule, quiet.subject)):
                    effects += self._suppress(quiet, event.alarm, at)
            return effects
        self.parents.pop(key, None)
        for quiet in list(self.quiet.values()):
            if quiet.parent == event.alarm and quiet.due is None:
                above = above_of(quiet.rule, quiet.subject)
                settle_ms = max((a.settle_ms for a in above if (a.rule, a.subject) == key), default=0)
                self._keep(replace(quiet, due=at + settle_ms))
        return effects

    def _take_quiet(self, quiet: Quiet, event: AlarmEvent) -> list[Effect]:
        ended: list[Effect] = [] if quiet.parent is None else [Ended(quiet.alarm, event.received_at)]
        if event.event == "upgraded":
            # Any override ends when its alarm rises.
            self._drop(quiet.alarm)
            return [*ended, Release(quiet.alarm, event.received_at)]
        if event.event == "cleared":
            if quiet.parent is not None:
                self._drop(quiet.alarm)
                return ended
            self._keep(replace(quiet, active=False))
        return []

    def _parent_of(self, rule: str, subject: str, above_of: AboveOf) -> str | None:
        standing = (self.parents.get((a.rule, a.subject)) for a in above_of(rule, subject))
        return next((alarm for alarm in standing if alarm is not None), None)

    def _suppress(self, quiet: Quiet, parent: str, at: int) -> list[Effect]:
        self._keep(replace(quiet, parent=parent, since=at, due=None))
        # One that settled goes on being suppressed.
        return [] if quiet.parent == parent else [Suppressed(quiet.alarm, parent, at)]

    def _keep(self, quiet: Quiet) -> None:
        self.changed.add(quiet.alarm)
        self.quiet[quiet.alarm] = quiet
        if quiet.due is not None:
            self.next_due = min(self.next_due, quiet.due)

    def _drop(self, alarm: str) -> None:
        self.changed.add(alarm)
        del self.quiet[alarm]

    def _look_ahead(self) -> None:
        self.next_due = min((q.due for q in self.quiet.values() if q.due is not None), default=inf)


def _is_always_told(event: AlarmEvent) -> bool:
    """Late alarms are marked, never withheld (semantics 5.4)."""
    return event.historical or event.side == "degraded"
