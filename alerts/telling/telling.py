"""Who is told of an alarm, and when: ladders as a fold over changes of alarms and the clock (pure).

docs/reference/routes.md says what a route means; docs/explanations/telling.md how this comes to it.
"""

from collections.abc import Callable

from msgspec.structs import replace

from alerts.call import Call, Escalation, Withdrawal
from alerts.change import Change
from alerts.kept import Kept
from alerts.machine import State
from alerts.place import Place
from alerts.record import AlarmRecord, NumberedEvent
from alerts.routes.schema import RouteSettings
from alerts.telling.calls import Calls
from alerts.telling.due import DueTimes
from alerts.telling.moment import Moment
from alerts.telling.port import Routes
from alerts.telling.state import AlarmLadders, Ladder
from plant.entries import NoticeAction

Effect = Call | Withdrawal | Escalation
"""An escalation comes before the calls of its rung: the event that it makes is the one that they are about."""

NamedOf = Callable[[str, str], bool]
"""(rule, level) -> whether the level is under never_suppress."""


def _nothing_named(_rule: str, _level: str) -> bool:
    return False


class Telling:
    """The ladders of all alarms. `state` by alarm id is all there is to keep: made anew from it, telling goes on.

    `named_of` is the policy in force; all times are ms on the engine's clock. Of two waits that end at the same time
    that of the lesser alarm id ends first. Calls of `take`, `notice`, `released` and `reconfigured` must come with the
    waits that end before them ended (`due`), those that end at their time not.
    """

    def __init__(self, state: Kept[AlarmLadders] | None = None, named_of: NamedOf = _nothing_named) -> None:
        self.state: Kept[AlarmLadders] = Kept() if state is None else state
        self.named_of = named_of
        self._times = DueTimes(
            (ladders.alarm, due) for ladders in self.state.values() if (due := ladders.due) is not None
        )

    @property
    def next_due(self) -> float:
        """No wait is over before this."""
        return self._times.next_due

    def take(self, change: Change, place: Place, routing: Routes) -> list[Effect]:
        """What a step of an alarm brings about. A quiet one without events says that the alarm is withheld from now."""
        record = change.after
        kept = self.state.get(record.alarm)
        if (change.quiet and kept is None) or (change.before is not None and change.before.state is State.CLOSED):
            return []
        moment = Moment(kept or AlarmLadders(record.alarm), place, change.at, routing)
        action = change.action
        informed = rung_calls = None
        if action is not None and action.action == "acknowledge" and change.before is not None:
            severity = change.before.peak_severity
            moment.acknowledge(action, severity)
            if not change.quiet:
                n = change.events[-1].n if change.events else record.events
                informed = Calls(record, change.at, routing, severity, named=self._is_named(change.before))
                moment.tell_acknowledged(action.by, n, informed)
        shelved = _event(change, "shelved")
        if shelved is not None or change.quiet:
            moment.withhold(shelved.event.reason if shelved is not None else "under an override")
        else:
            cleared = _event(change, "cleared") if change.before is not None else None
            if cleared is not None:
                informed = Calls(record, change.at, routing, record.peak_severity, named=self._is_named(record))
                moment.clear(record, cleared.n, informed)
            rung_calls = self._told_of(change, moment)
        return self._settle(record, moment, rung_calls, informed)

    def released(self, record: AlarmRecord, place: Place, at: int, routing: Routes) -> list[Effect]:
        """An alarm that was quiet until now is told of: as it stands, also if it has ended."""
        moment = Moment(self.state.get(record.alarm) or AlarmLadders(record.alarm), place, at, routing)
        return self._settle(record, moment, self._release(record, record.events, moment))

    def notice(self, action: NoticeAction, routing: Routes) -> None:
        """Word of a call: all its ways failed, or it was let go out or stopped. `due` tells what follows."""
        alarm = action.call.partition(".")[0]
        kept = self.state.get(alarm)
        if kept is None:
            return
        if action.action == "failed":
            ladders = tuple(_without(ladder, action, routing.routes.get(ladder.route)) for ladder in kept.ladders)
        else:
            ladders = tuple(_decided(ladder, action) for ladder in kept.ladders)
        if ladders != kept.ladders:
            self._put(replace(kept, ladders=ladders))

    def due(
        self,
        until: int,
        alarm_of: Callable[[str], AlarmRecord | None],
        place_of: Callable[[AlarmRecord], Place],
        routing: Routes,
    ) -> list[Effect]:
        """What the earliest step of a ladder at or before `until` brings about; [] when no step is due.

        Ask again once the effects are applied: an escalation is an event, and changes what `alarm_of` says.
        """
        while (first := self._times.first(until)) is not None:
            at, alarm = first
            kept = self.state.get(alarm)
            record = alarm_of(alarm)
            if kept is None or record is None or record.state is State.CLOSED:
                self._drop(alarm)
                continue
            moment = Moment(kept, place_of(record), at, routing)
            calls = moment.calls(record, named=self._is_named(record))
            escalation = moment.climb_next(record.events + 1, calls)
            effects = self._settle(record, moment, calls)
            if escalation is not None:
                return [escalation, *effects]
            if effects:
                return effects
        return []

    def reconfigured(self, routing: Routes, at: int, named_of: NamedOf | None = None) -> list[Effect]:
        """Other routes (and another policy, where it is given) are in force from `at` on."""
        if named_of is not None:
            self.named_of = named_of
        effects: list[Effect] = []
        for kept in self.state.values():
            moment = Moment(kept, Place(""), at, routing)
            moment.drop_gone()
            effects += moment.withdrawn
            if tuple(moment.ladders) != kept.ladders:
                self._put(moment.after())
        return effects

    def _told_of(self, change: Change, moment: Moment) -> Calls | None:
        """The calls of a step that is told: it was raised, rose, or is not shelved any more."""
        record = change.after
        began = change.events[0] if change.before is None and change.events else _event(change, "upgraded")
        if began is None:
            unshelved = _event(change, "unshelved")
            return None if unshelved is None else self._release(record, unshelved.n, moment)
        late = record.historical and began.event.historical
        calls = moment.calls(record, named=self._is_named(record), late=late)
        if late:
            moment.late(record, began.n, calls)
        elif change.before is None:
            moment.enter(record, began.n, calls)
        else:
            moment.rise(record, began.n, calls)
        return calls

    def _release(self, record: AlarmRecord, n: int, moment: Moment) -> Calls:
        """A late alarm that has not risen since is told once, if it was not before; any other begins again."""
        late = record.historical and not moment.ladders
        calls = moment.calls(record, named=self._is_named(record), late=late)
        if not late:
            moment.release(record, n, calls)
        elif not moment.kept.recent:
            moment.late(record, n, calls)
        return calls

    def _settle(
        self, record: AlarmRecord, moment: Moment, rung_calls: Calls | None = None, informed: Calls | None = None
    ) -> list[Effect]:
        if record.state is State.CLOSED:
            moment.close()
            self._drop(record.alarm)
        else:
            after = moment.after(rung_calls)
            if after != moment.kept:
                self._put(after)
        effects: list[Effect] = [*moment.withdrawn]
        for calls in (informed, rung_calls):
            if calls is not None:
                effects += calls.made
        return effects

    def _is_named(self, record: AlarmRecord) -> bool:
        """The side `degraded` speaks of points that are missing, not of what never_suppress is about."""
        if record.side == "degraded":
            return False
        named = self.named_of
        return named(record.rule, record.level) or named(record.rule, record.peak_level)

    def _put(self, ladders: AlarmLadders) -> None:
        if ladders.ladders or ladders.recent:
            self.state.put(ladders.alarm, ladders)
            self._times.set(ladders.alarm, ladders.due)
        else:
            self._drop(ladders.alarm)

    def _drop(self, alarm: str) -> None:
        self.state.drop(alarm)
        self._times.set(alarm, None)


def _event(change: Change, name: str) -> NumberedEvent | None:
    for event in change.events:
        if event.event.event == name:
            return event
    return None


def _without(ladder: Ladder, failed: NoticeAction, route: RouteSettings | None) -> Ladder:
    """The ladder after a call of its last rung has failed: with none left, the next rung is due."""
    if failed.call not in ladder.waits or route is None:
        return ladder
    waits = tuple(key for key in ladder.waits if key != failed.call)
    at_once = not waits and ladder.rung < len(route.ladder)
    return replace(ladder, waits=waits, due=failed.received_at_ms if at_once else ladder.due)


def _decided(ladder: Ladder, action: NoticeAction) -> Ladder:
    """The ladder after an approval or a rejection: only who may be told counts as told."""
    found = [held.told for held in ladder.held if held.key == action.call]
    if not found:
        return ladder
    told = ladder.told
    if action.action == "approve" and found[0].contact not in {contact.contact for contact in told}:
        told = (*told, found[0])
    return replace(ladder, held=tuple(held for held in ladder.held if held.key != action.call), told=told)
