"""All disposals that are under way or may still be reopened, as a fold over alarms, actions and time (pure)."""

from collections.abc import Container
from heapq import heappop, heappush
from math import inf
from typing import Any

from msgspec.structs import replace

from alerts.change import Change
from alerts.disposal.actions import done_by_hand
from alerts.disposal.deadlines import due_times, next_at
from alerts.disposal.machine import TABLE, DisposalState, Input
from alerts.disposal.record import Acted, Disposal, DisposalChanged, DisposalStep, Effect, Overdue
from alerts.disposal.schema import Deadline, DisposalRules
from alerts.kept import Kept
from alerts.machine import ACTIVE, State
from alerts.place import Place
from alerts.record import AlarmRecord
from alerts.severity import severity_rank
from plant.entries import DisposalAction

_BEGINS = frozenset({"raised", "upgraded"})


class Disposals:
    """The state, kept by the id of the alarm that opened it. Of what was closed for good the book alone knows."""

    def __init__(self, kept: Kept[Disposal] | None = None) -> None:
        self.kept: Kept[Disposal] = kept if kept is not None else Kept()
        self._by_key: dict[tuple[str, str, str, bool], str] = {}
        self._by_latest: dict[str, str] = {}
        self._due: list[tuple[int, str]] = []
        for record in self.kept.values():
            self._index(record)

    @property
    def next_due(self) -> float:
        """No deadline passes and no tier is told before this."""
        while self._due and not self._waits(*self._due[0]):
            heappop(self._due)
        return self._due[0][0] if self._due else inf

    def of(self, alarm: str) -> Disposal | None:
        """The disposal that an alarm opened, or that it is about now."""
        return self.kept.get(alarm) or self.kept.get(self._by_latest.get(alarm, ""))

    def take(self, change: Change, place: Place, rules: DisposalRules) -> list[Effect]:
        """An alarm changed: open its disposal, reopen it, or note what has become of the alarm.

        Side `degraded` needs none: it speaks of what is unknown. An alarm that nobody is told of needs none
        until somebody is.
        """
        after = change.after
        if after.side == "degraded":
            return []
        record = self.kept.get(self._by_key.get((after.rule, after.subject, after.side, after.exercise), ""))
        deadline = rules.deadline(after.peak_severity) if _begins(change) else None
        effects: list[Effect] = []
        if deadline is not None and not (record is not None and _is_known(record, change)):
            effects.append(self._needed(record, change, place, deadline, rules))
            record = self.of(after.alarm)
        is_over = record is not None and record.latest == after.alarm and after.state not in ACTIVE
        if record is not None and is_over and record.active:
            effects.append(self._step(record, "over", "", change.at, {}, rules, active=False))
        return effects

    def act(
        self,
        action: DisposalAction,
        alarm: AlarmRecord | None,
        place: Place | None,
        rules: DisposalRules,
        contacts: Container[str] | None = None,
    ) -> Acted:
        """A person's step. `alarm` and its `place` are those of `action.alarm` as it stands, None if unknown. Only
        `contacts` may be assigned to; None: anybody."""
        record = self.of(action.alarm)
        done = done_by_hand(action, record, rules, contacts)
        if isinstance(done, str):
            return Acted(refused=done)
        at = action.received_at_ms
        if record is None:
            if refused := self._why_not_opened(alarm, place):
                return Acted(refused=refused)
            assert alarm is not None and place is not None  # noqa: S101, PT018 - refused above
            deadline = rules.deadline(alarm.peak_severity) or Deadline()
            record = _new(alarm, place, deadline, alarm.peak_severity, at)
        elif action.action == "reopen":
            deadline = rules.deadline(record.severity) or Deadline()
            done.changes |= _anew(deadline, at) | {"reopened": record.reopened + 1}
        changed = self._step(record, action.action, action.by, at, action.fields, rules, **done.changes)
        return Acted((changed, *done.remarks))

    def pass_time(self, until: int, rules: DisposalRules) -> list[Effect]:
        """Deadlines that have passed at `until`, and the tiers that are to hear of it, in order of time."""
        effects: list[Effect] = []
        while self._due and self._due[0][0] <= until:
            at, alarm = heappop(self._due)
            record = self.kept.get(alarm)
            if record is None or not self._waits(at, alarm):
                continue  # something came between
            if record.state is DisposalState.CLOSED:
                effects.append(self._drop(record, at))
            else:
                effects += self._miss(record, at, rules)
        return effects

    def _needed(
        self, record: Disposal | None, change: Change, place: Place, deadline: Deadline, rules: DisposalRules
    ) -> DisposalChanged:
        """An alarm needs its disposal: a new one, the one that was closed, or more of the one under way."""
        after, at = change.after, change.at
        if record is None:
            new = _new(after, place, deadline, after.peak_severity, at)
            return self._step(new, "needed", "", at, {}, rules)
        state = TABLE[record.state][Input.NEEDED]
        assert isinstance(state, DisposalState)  # noqa: S101 - in every state an alarm may come
        changes: dict[str, Any] = {"state": state, "latest": after.alarm, "active": after.state in ACTIVE}
        name = "rose" if record.latest == after.alarm else "returned"
        if record.state is DisposalState.CLOSED:
            name = "reopened"
            changes |= _anew(deadline, at) | {"severity": after.peak_severity, "reopened": record.reopened + 1}
        elif severity_rank(after.peak_severity) > severity_rank(record.severity):
            assign_by, close_by = due_times(deadline, at)
            changes |= {
                "severity": after.peak_severity,
                "assign_by": min(record.assign_by, assign_by),
                "close_by": min(record.close_by, close_by),
                "verify": record.verify or deadline.verify,
            }
        if state is not record.state:
            changes |= _NOT_HANDED_IN
        fields = {"alarm": after.alarm, "severity": after.peak_severity}
        return self._step(record, name, "", at, fields, rules, **changes)

    def _miss(self, record: Disposal, at: int, rules: DisposalRules) -> list[Effect]:
        """A deadline passes, or the next tier is to hear of one that has passed."""
        closing_missed = record.close_by <= at
        if record.overdue == "" or (record.overdue == "assign" and closing_missed):
            deadline = "close" if closing_missed else "assign"
            changed = self._step(record, "overdue", "", at, {"deadline": deadline}, rules, overdue=deadline, tier=0)
            return [changed, _overdue(changed.record, 0, record.assignee, "", "", at)]
        if record.tier >= len(rules.overdue):  # the rules have fewer tiers by now
            self._put(replace(record, next_at=next_at(record, rules, at)))
            return []
        tier = rules.overdue[record.tier]
        fields = {"deadline": record.overdue, "role": tier.role, "of": tier.of}
        changed = self._step(record, "escalated", "", at, fields, rules, tier=record.tier + 1)
        return [changed, _overdue(changed.record, record.tier + 1, "", tier.role, tier.of, at)]

    def _why_not_opened(self, alarm: AlarmRecord | None, place: Place | None) -> str | None:
        if alarm is None or place is None:
            return "no such alarm"
        if alarm.state is State.CLOSED:
            return "the alarm is closed"
        other = self._by_key.get((alarm.rule, alarm.subject, alarm.side, alarm.exercise))
        return None if other is None else f"it belongs to the disposal of alarm {other}"

    def _step(
        self,
        record: Disposal,
        name: str,
        by: str,
        at: int,
        fields: dict[str, str],
        rules: DisposalRules,
        **changes: Any,
    ) -> DisposalChanged:
        after = replace(record, steps=record.steps + 1, **changes)
        after = replace(after, next_at=next_at(after, rules, at))
        self._put(after)
        return DisposalChanged(after, DisposalStep(after.steps, name, by, at, dict(fields)))

    def _put(self, record: Disposal) -> None:
        before = self.kept.get(record.alarm)
        if before is not None and before.latest != record.latest:
            self._by_latest.pop(before.latest, None)
        self.kept.put(record.alarm, record)
        self._index(record)

    def _index(self, record: Disposal) -> None:
        self._by_key[record.key] = record.alarm
        self._by_latest[record.latest] = record.alarm
        if record.next_at is not None:
            heappush(self._due, (record.next_at, record.alarm))

    def _waits(self, at: int, alarm: str) -> bool:
        record = self.kept.get(alarm)
        return record is not None and record.next_at == at

    def _drop(self, record: Disposal, at: int) -> DisposalChanged:
        """It can't be reopened any more."""
        self.kept.drop(record.alarm)
        del self._by_key[record.key]
        del self._by_latest[record.latest]
        final = replace(record, steps=record.steps + 1, next_at=None)
        return DisposalChanged(final, DisposalStep(final.steps, "final", "", at, {}))


_NOT_HANDED_IN: dict[str, Any] = {
    "submitted_by": "",
    "submitted_at": None,
    "verified_by": "",
    "verified_at": None,
}


def _begins(change: Change) -> bool:
    """Whether the alarm is told of from here on, as raised or as risen."""
    if change.quiet or (change.before is not None and change.after.state not in ACTIVE):
        return False
    names = {numbered.event.event for numbered in change.events}
    released = not names and change.action is None
    return change.before is None or released or bool(names & _BEGINS)


def _is_known(record: Disposal, change: Change) -> bool:
    """Whether the disposal has this already: nothing has risen since."""
    risen = any(numbered.event.event == "upgraded" for numbered in change.events)
    return record.latest == change.after.alarm and not risen


def _new(alarm: AlarmRecord, place: Place, deadline: Deadline, severity: str, at: int) -> Disposal:
    assign_by, close_by = due_times(deadline, at)
    return Disposal(
        alarm=alarm.alarm,
        latest=alarm.alarm,
        rule=alarm.rule,
        subject=alarm.subject,
        side=alarm.side,
        enterprise=alarm.enterprise,
        unit=place.unit,
        exercise=alarm.exercise,
        severity=severity,
        state=DisposalState.OPEN,
        opened_at=at,
        since=at,
        assign_by=assign_by,
        close_by=close_by,
        verify=deadline.verify,
        active=alarm.state in ACTIVE,
    )


def _anew(deadline: Deadline, at: int) -> dict[str, Any]:
    """What a reopened disposal starts with."""
    assign_by, close_by = due_times(deadline, at)
    return _NOT_HANDED_IN | {
        "since": at,
        "assign_by": assign_by,
        "close_by": close_by,
        "verify": deadline.verify,
        "assignee": "",
        "assigned_at": None,
        "cause": "",
        "cause_text": "",
        "closed_by": "",
        "closed_at": None,
        "overdue": "",
        "tier": 0,
    }


def _overdue(record: Disposal, tier: int, contact: str, role: str, of: str, at: int) -> Overdue:
    return Overdue(record.latest, "assign" if record.overdue == "assign" else "close", tier, contact, role, of, at)
