"""Overrides in force, and the alarms under them: a fold (pure); docs/reference/overrides.md says what it means.

State is kept in two tables; both may be filled from rows in any order. No end is due before `next_due`.
"""

from math import inf
from typing import NamedTuple

from msgspec.structs import replace

from alerts.fold import Step
from alerts.kept import Kept
from alerts.machine import State
from alerts.overrides.cover import Cover, OfAlarm, shelf_key
from alerts.overrides.override import Effect, Override, OverrideBegan, OverrideEnded, Standing, Under
from alerts.overrides.refusals import why_not_set
from alerts.place import Place, Places
from alerts.record import AlarmRecord, Policy
from alerts.remark import Remark
from alerts.severity import rank
from alerts.suppression import Release
from plant.entries import OperatorAction, OverrideAction
from rules.events import AlarmEvent


class Taken(NamedTuple):
    """What an OverrideAction did, or why it did nothing."""

    effects: list[Effect]
    refused: str | None = None


class Overrides:
    """Every open alarm is known here, so that an override that begins or ends finds those it is about."""

    def __init__(self, in_force: Kept[Override], standing: Kept[Standing]) -> None:
        self._in_force = in_force
        self._standing = standing
        self._cover = Cover(in_force.values())
        self._under: dict[str, set[str]] = {}
        """Alarms by the override they are under, or whose shelf it is."""
        self._of_key: dict[str, set[str]] = {}
        """Alarms by rule, subject and side."""
        for alarm in standing.values():
            self._index(alarm)
        self.next_due: float = min((o.until for o in in_force.values() if o.until is not None), default=inf)

    def over(self, alarm: OfAlarm, place: Place, policy: Policy) -> Override | None:
        """The first override over an alarm: disabled, out of service, shelved. A few look-ups."""
        if not self._cover:
            return None
        known = self._standing.get(alarm.alarm)
        covering = self._cover.covering(alarm, place, policy, known.past if known is not None else ())
        return covering[0] if covering else None

    def withholds(self, record: AlarmRecord, place: Place, policy: Policy) -> bool:
        """Whether notices of the alarm are withheld. Those of late alarms never are (semantics 5.4)."""
        return not record.historical and self.over(record, place, policy) is not None

    def is_quiet(self, alarm: str) -> bool:
        """Whether nobody is to be told of the alarm's events: under an override, or since it was raised under one."""
        known = self._standing.get(alarm)
        return known is not None and known.quiet

    def take(self, action: OverrideAction, policy: Policy, places: Places) -> Taken:
        """Set or end an override at `action.received_at_ms`."""
        at = action.received_at_ms
        known = self._in_force.get(action.override)
        if action.action == "end":
            if known is None:
                return Taken([], f"there is no override {action.override!r} in force")
            why = f"ended by {action.by}" + (f": {action.why}" if action.why else "")
            return Taken(self._end(known, at, why, policy, places))
        if known is not None:
            return Taken([], f"there is an override {action.override!r} already")
        if (refused := why_not_set(action, policy, places)) is not None:
            return Taken([], refused)
        override = Override(
            id=action.override,
            kind=action.kind,
            scope=action.scope,
            subject=action.subject,
            by=action.by,
            why=action.why,
            since=at,
            until=action.until_ms,
            purpose=action.purpose,
            rule=action.rule,
            approved_by=action.approved_by.strip(),
        )
        effects = self._begin(override, at)
        for alarm in sorted(self._standing):
            effects += self._settle(alarm, at, policy, places)
        return Taken(effects)

    def on_change(
        self, before: AlarmRecord | None, after: AlarmRecord, step: Step, at: int, policy: Policy, places: Places
    ) -> list[Effect]:
        """A step that the fold has taken, at `at` on the engine's clock."""
        effects: list[Effect] = []
        known = self._standing.get(after.alarm)
        if after.state is State.CLOSED:
            self._drop(after.alarm)
        else:
            rose = isinstance(step, AlarmEvent) and step.event == "upgraded"
            past = self._ended_by_rise(after, known, places) if rose else known.past if known is not None else ()
            self._put(_standing(after, known, past))
        shelf = self._cover.shelf_of(after.rule, after.subject, after.side) if self._cover else None
        why = _why_shelf_ends(shelf, before, step) if shelf is not None else ""
        if isinstance(step, OperatorAction) and step.action == "shelve":
            effects += self._shelve(after, step, policy, places)
        if shelf is not None and why:
            self._no_longer_shown(shelf, after.alarm)
            effects += self._end(shelf, at, why, policy, places, but=after.alarm)
        return effects + self._settle(after.alarm, at, policy, places, is_new=before is None)

    def pass_time(self, until: int, policy: Policy, places: Places) -> list[Effect]:
        """End what is over at `until`, in order of (end, id), each at its own time.

        Call it with `next_due` until that lies beyond: whether an effect is told goes by what is quiet at its time.
        """
        effects: list[Effect] = []
        if until < self.next_due:
            return effects
        over = [o for o in self._in_force.values() if o.until is not None and o.until <= until]
        for override in sorted(over, key=lambda o: (o.until, o.id)):
            effects += self._end(override, override.until or 0, "its time is over", policy, places)
        self.next_due = min((o.until for o in self._in_force.values() if o.until is not None), default=inf)
        return effects

    def reconsider(self, at: int, policy: Policy, places: Places) -> list[Effect]:
        """Other rules or another site are in force from `at` on: what may not be hidden any more is told."""
        effects: list[Effect] = []
        for alarm in sorted(self._standing) if self._cover else ():
            effects += self._settle(alarm, at, policy, places)
        return effects

    def _begin(self, override: Override, at: int) -> list[Effect]:
        self._in_force.put(override.id, override)
        self._cover.add(override)
        if override.until is not None:
            self.next_due = min(self.next_due, override.until)
        return [OverrideBegan(override, at)]

    def _end(
        self, override: Override, at: int, why: str, policy: Policy, places: Places, but: str = ""
    ) -> list[Effect]:
        """End an override; the caller settles the alarm `but`."""
        self._in_force.drop(override.id)
        self._cover.remove(override)
        effects: list[Effect] = [OverrideEnded(replace(override, ended_at=at, ended_why=why), at)]
        for alarm in sorted(self._under.get(override.id, set()) - {but}):
            effects += self._settle(alarm, at, policy, places, why)
        return effects

    def _shelve(self, after: AlarmRecord, action: OperatorAction, policy: Policy, places: Places) -> list[Effect]:
        at = action.received_at_ms
        shelf = Override(
            id=f"shelf-{after.alarm}-{after.events}",
            kind="shelved",
            scope="alarm",
            subject=after.subject,
            by=action.by,
            why=action.comment,
            since=at,
            until=action.until_ms,
            rule=after.rule,
            side=after.side,
            one_shot=action.one_shot,
            level=after.peak_level,
            severity=after.peak_severity,
        )
        effects = self._begin(shelf, at)
        known = self._standing.get(after.alarm)
        if known is not None:
            # Its own record shows the shelf already.
            self._put(replace(known, shelf=shelf.id))
        for alarm in sorted(self._of_key.get(shelf_key(after.rule, after.subject, after.side), set()) - {after.alarm}):
            effects += self._settle(alarm, at, policy, places)
        return effects

    def _ended_by_rise(self, after: AlarmRecord, known: Standing | None, places: Places) -> tuple[str, ...]:
        """Those that speak of the alarm and end for it now."""
        place = places.of(after.subject, after.enterprise)
        past = known.past if known is not None else ()
        about = self._cover.about(after, place)
        # The shelf ends altogether.
        risen = [o.id for o in about if o.scope != "alarm" and not o.reaches_all and o.id not in past]
        return (*past, *risen)

    def _settle(
        self, alarm: str, at: int, policy: Policy, places: Places, why: str = "", *, is_new: bool = False
    ) -> list[Effect]:
        """Bring what is known of an alarm in line with the overrides; idempotent."""
        known = self._standing.get(alarm)
        if known is None or not (self._cover or known.under or known.shelf or known.quiet):
            return []
        effects: list[Effect] = []
        place = places.of(known.subject, known.enterprise)
        covering = self._cover.covering(known, place, policy, known.past)
        first = covering[0] if covering else None
        # Where one is about to take the place of another, both are there: the newer one is shown.
        shelf = next((override for override in reversed(covering) if override.kind == "shelved"), None)
        withheld = first is not None and not known.historical
        quiet = withheld or (known.quiet and known.unheard and not known.needs_somebody)
        if known.quiet and not quiet and known.needs_somebody:
            # Before the remark: an alarm's events are told in their order.
            effects.append(Release(alarm, at))
        if shelf is not None and shelf.id != known.shelf:
            reason = f"still shelved by {shelf.by}"
            effects.append(Remark(alarm, "shelved", at, reason, shelf.by, shelf.until, shelf.one_shot))
        elif shelf is None and known.shelf is not None:
            effects.append(Remark(alarm, "unshelved", at, why or "no longer shelved"))
        if (first.id if first is not None else None) != known.under:
            effects.append(Under(alarm, first, at))
        self._put(
            replace(
                known,
                under=first.id if first is not None else None,
                shelf=shelf.id if shelf is not None else None,
                quiet=quiet,
                unheard=quiet and (known.unheard or is_new),
            )
        )
        return effects

    def _put(self, known: Standing) -> None:
        before = self._standing.get(known.alarm)
        if before == known:
            return
        if before is not None:
            self._unindex(before)
        self._standing.put(known.alarm, known)
        self._index(known)

    def _drop(self, alarm: str) -> None:
        known = self._standing.get(alarm)
        if known is not None:
            self._unindex(known)
            self._standing.drop(alarm)

    def _no_longer_shown(self, shelf: Override, alarm: str) -> None:
        """The fold has taken the shelf off the alarm's record."""
        known = self._standing.get(alarm)
        if known is not None and known.shelf == shelf.id:
            self._put(replace(known, shelf=None))

    def _index(self, known: Standing) -> None:
        self._of_key.setdefault(shelf_key(known.rule, known.subject, known.side), set()).add(known.alarm)
        for override in (known.under, known.shelf):
            if override is not None:
                self._under.setdefault(override, set()).add(known.alarm)

    def _unindex(self, known: Standing) -> None:
        _discard(self._of_key, shelf_key(known.rule, known.subject, known.side), known.alarm)
        for override in (known.under, known.shelf):
            if override is not None:
                _discard(self._under, override, known.alarm)


def _discard(index: dict[str, set[str]], key: str, alarm: str) -> None:
    found = index.get(key)
    if found is not None:
        found.discard(alarm)
        if not found:
            del index[key]


def _standing(after: AlarmRecord, known: Standing | None, past: tuple[str, ...]) -> Standing:
    """What is known of an open alarm after a step."""
    return Standing(
        alarm=after.alarm,
        rule=after.rule,
        subject=after.subject,
        side=after.side,
        enterprise=after.enterprise,
        level=after.level,
        peak_level=after.peak_level,
        historical=after.historical,
        needs_somebody=after.state in (State.ACTIVE_UNACKNOWLEDGED, State.LATCHED_UNACKNOWLEDGED),
        under=known.under if known is not None else None,
        shelf=known.shelf if known is not None else None,
        past=past,
        quiet=known is not None and known.quiet,
        unheard=known is not None and known.unheard,
    )


def _why_shelf_ends(shelf: Override, before: AlarmRecord | None, step: Step) -> str:
    """Why a step ends the shelf of its alarm's rule, subject and side; empty if it does not."""
    if isinstance(step, OperatorAction):
        why = {"unshelve": "unshelved", "shelve": "shelved anew"}.get(step.action, "")
        return f"{why} by {step.by}" if why else ""
    if step.event == "upgraded":
        return f"rose to {step.level}"
    if before is None and rank(step.severity, step.level) > rank(shelf.severity, shelf.level):
        return f"raised anew at {step.level}"
    return "one shot: the alarm cleared" if shelf.one_shot and step.event == "cleared" else ""
