"""Overrides the slow and obvious way: all that were ever set are gone through for each alarm, at each step."""

from dataclasses import dataclass, field

from alerts.fold import Step
from alerts.place import Places
from alerts.record import AlarmRecord, Policy
from plant.entries import OverrideAction
from rules.events import AlarmEvent

_ORDER = {"disabled": 0, "out_of_service": 1, "shelved": 2}
_RANK = {("orange", "h"): 1, ("red", "hh"): 2}


@dataclass
class Fact:
    """An override, as a person would write it down."""

    id: str
    kind: str
    scope: str
    subject: str
    rule: str
    side: str
    since: int
    until: int | None
    approved_check: bool = False
    one_shot: bool = False
    rank: int = 0
    not_for: set[str] = field(default_factory=set)


class Model:
    def __init__(self, policy: Policy, places: Places) -> None:
        self.policy, self.places = policy, places
        self.facts: list[Fact] = []

    def clock(self, until: int) -> None:
        self.facts = [f for f in self.facts if f.until is None or f.until > until]

    def set_or_end(self, action: OverrideAction) -> None:
        """One that was not refused."""
        if action.action == "end":
            self.facts = [f for f in self.facts if f.id != action.override]
            return
        check = action.scope == "point" and action.purpose in ("calibration", "test") and bool(action.approved_by)
        self.facts.append(
            Fact(
                action.override, action.kind, action.scope, action.subject, action.rule, "",
                action.received_at_ms, action.until_ms, check,
            )
        )  # fmt: skip

    def step(self, before: AlarmRecord | None, after: AlarmRecord, step: Step) -> None:
        """One that the fold took."""
        shelves = [f for f in self.facts if self._is_shelf_of(f, after)]
        if isinstance(step, AlarmEvent):
            for fact in list(self.facts):
                rose = step.event == "upgraded" and not fact.approved_check and self._speaks_of(fact, after)
                if fact in shelves:
                    anew = before is None and _RANK[step.severity, step.level] > fact.rank
                    if rose or anew or (fact.one_shot and step.event == "cleared"):
                        self.facts.remove(fact)
                elif rose:
                    fact.not_for.add(after.alarm)
        elif step.action in ("shelve", "unshelve"):
            self.facts = [f for f in self.facts if f not in shelves]
            if step.action == "shelve":
                rank = _RANK[after.peak_severity, after.peak_level]
                name = f"shelf-{after.alarm}-{after.events}"
                self.facts.append(
                    Fact(
                        name, "shelved", "alarm", after.subject, after.rule, after.side,
                        step.received_at_ms, step.until_ms, False, step.one_shot, rank,
                    )
                )  # fmt: skip

    def over(self, record: AlarmRecord) -> Fact | None:
        """The first over an open alarm."""
        never = self.policy.never_suppress
        protected = never(record.rule, record.level) or never(record.rule, record.peak_level)
        found = [
            f
            for f in self.facts
            if self._speaks_of(f, record) and record.alarm not in f.not_for and (f.approved_check or not protected)
        ]
        return min(found, key=lambda f: (_ORDER[f.kind], f.since, f.id), default=None)

    def _is_shelf_of(self, fact: Fact, record: AlarmRecord) -> bool:
        return fact.scope == "alarm" and (fact.rule, fact.subject, fact.side) == (
            record.rule,
            record.subject,
            record.side,
        )

    def _speaks_of(self, fact: Fact, record: AlarmRecord) -> bool:
        place = self.places.of(record.subject, record.enterprise)
        if fact.scope == "alarm":
            return self._is_shelf_of(fact, record)
        named = {
            "rule": record.rule,
            "point": place.point,
            "unit": place.unit,
            "device": place.device,
            "enterprise": place.enterprise,
        }[fact.scope]
        return named == fact.subject and fact.rule in ("", record.rule)
