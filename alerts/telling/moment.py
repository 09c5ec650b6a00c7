"""One alarm at one moment: its ladders are entered, climbed and ended (pure; docs/reference/routes.md)."""

from typing import Final

from msgspec.structs import replace

from alerts.call import Escalation, Purpose, Withdrawal
from alerts.machine import ACTIVE, UNACKNOWLEDGED
from alerts.place import Place
from alerts.record import AlarmRecord
from alerts.routes.schema import RouteSettings as Route
from alerts.routes.schema import Rung
from alerts.telling.calls import Calls
from alerts.telling.port import Routes
from alerts.telling.state import AlarmLadders, End, HeldCall, Ladder, ToldContact
from plant.entries import OperatorAction

TELLING: Final[tuple[Purpose, ...]] = ("alarm", "repeat", "escalated", "neighbour")
"""Purposes of the calls by which a ladder asks for an answer."""


class Moment:
    """The ladders of an alarm while one thing happens to it; `kept` is how they stood before."""

    def __init__(self, kept: AlarmLadders, place: Place, at: int, routes: Routes) -> None:
        self.kept = kept
        self._place = place
        self._at = at
        self._routes = routes
        self.ladders = list(kept.ladders)
        self.withdrawn: list[Withdrawal] = []

    def calls(self, record: AlarmRecord, *, named: bool, late: bool = False) -> Calls:
        """For calls of rungs: whom rungs have called at this time is not called again."""
        recent = self.kept.recent if self.kept.recent_at == self._at else ()
        return Calls(record, self._at, self._routes, record.peak_severity, named=named, late=late, recent=recent)

    def after(self, calls: Calls | None = None) -> AlarmLadders:
        """How the ladders stand then; `calls` are those of rungs."""
        kept = self.kept
        if calls is None or not calls.changed:
            return AlarmLadders(kept.alarm, tuple(self.ladders), kept.recent_at, kept.recent)
        return AlarmLadders(kept.alarm, tuple(self.ladders), self._at, calls.recent)

    def enter(self, record: AlarmRecord, n: int, calls: Calls) -> None:
        """Enter the routes that match and are not entered yet."""
        for route, i in self._entered_and_matching(record):
            if i is None:
                self.ladders.append(self._start(Ladder(route.id, self._at, n), route, calls, standing(record, route)))

    def rise(self, record: AlarmRecord, n: int, calls: Calls) -> None:
        """Everybody told is told of it, ladders that an answer or a shelf had ended begin again, routes are matched."""
        for route, i in self._entered_and_matching(record):
            if i is None:
                self.ladders.append(self._start(Ladder(route.id, self._at, n), route, calls))
                continue
            ladder = self.ladders[i]
            for told in ladder.told:
                keys = calls.tell(told, route, n, ladder.round, "alarm")
                if route.ladder[min(told.rung, len(route.ladder) - 1)].approvers:
                    ladder = replace(ladder, held=(*ladder.held, *(HeldCall(key, told) for key in keys)))
            if ladder.ended in ("answered", "withheld"):
                ladder = self._start(_again(ladder, self._at, n), route, calls)
            self.ladders[i] = ladder

    def late(self, record: AlarmRecord, n: int, calls: Calls) -> None:
        """Tell once of a late event: whom entered routes have told, and the first rung of those that match."""
        for route, i in self._entered_and_matching(record):
            told = self._people(route.ladder[0], 0) if i is None else self.ladders[i].told
            for contact in told:
                calls.tell(contact, route, n, 0, "late")

    def release(self, record: AlarmRecord, n: int, calls: Calls) -> None:
        """What was withheld is told: withheld ladders begin again, routes are matched."""
        for i, ladder, route in self._entered():
            if ladder.ended == "withheld" and not standing(record, route):
                self.ladders[i] = self._start(_again(ladder, self._at, n), route, calls)
        self.enter(record, n, calls)

    def acknowledge(self, action: OperatorAction, severity: str) -> None:
        """End the ladders that this answer ends."""
        all_tiers = severity != "red" or action.tier == "centre"
        for i, ladder, route in self._entered():
            if ladder.ended in ("", "withheld") and (all_tiers or route.tier == action.tier):
                self._end(i, "answered", f"acknowledged by {action.by}")

    def tell_acknowledged(self, by: str, n: int, calls: Calls) -> None:
        for _, ladder, route in self._entered():
            for told in ladder.told if route.acknowledged else ():
                if told.contact != by and not told.neighbour:
                    calls.tell(told, route, n, ladder.round, "acknowledged")

    def withhold(self, reason: str) -> None:
        """Nobody is to be told any more: what is owed is withdrawn."""
        for i, ladder in enumerate(self.ladders):
            if ladder.ended:
                self._drop_held(i, reason)
            else:
                self._end(i, "withheld", reason, TELLING)

    def clear(self, record: AlarmRecord, n: int, calls: Calls) -> None:
        """Tell that it is over; of a yellow or blue alarm the ladders end."""
        ends = record.peak_severity in ("yellow", "blue")
        for i, ladder, route in self._entered():
            for told in ladder.told if route.resolved else ():
                calls.tell(told, route, n, ladder.round, "resolved")
            self._drop_held(i, "the alarm has cleared")
            if ends and ladder.ended == "":
                self._end(i, "over", "the alarm has cleared")

    def close(self) -> None:
        """The alarm is closed: its ladders are no more."""
        for i, ladder in enumerate(self.ladders):
            self._drop_held(i, "the alarm is closed")
            if ladder.ended == "":
                self._end(i, "over", "the alarm is closed")

    def drop_gone(self) -> None:
        """End the ladders of routes that are gone, and set the times of the others by their new words."""
        for i, ladder in enumerate(self.ladders):
            route = self._routes.routes.get(ladder.route)
            if route is None:
                self._drop_held(i, "the route is gone")
                self._end(i, "over", "the route is gone")
            elif ladder.ended == "":
                self.ladders[i] = replace(ladder, due=_due(ladder, route, self._at))
        self.ladders = [ladder for ladder in self.ladders if self._routes.routes.get(ladder.route) is not None]

    def climb_next(self, n: int, calls: Calls) -> Escalation | None:
        """The rung or repeat that is due first; `n` is the event that an escalation makes."""
        due = self.kept.due
        for i, ladder, route in self._entered():
            if ladder.due == due:
                return self._climb(i, ladder, route, n, calls)
        # Only routes that are gone have something due.
        self.drop_gone()
        return None

    def _climb(self, i: int, ladder: Ladder, route: Route, n: int, calls: Calls) -> Escalation | None:
        escalation = None
        if ladder.rung == 0:
            ladder = self._tell_rung(ladder, route, 0, "alarm", calls)
        elif ladder.rung < len(route.ladder):
            why = _why(ladder, route, self._at)
            escalation = Escalation(self.kept.alarm, ladder.route, ladder.rung, self._at, why)
            ladder = self._tell_rung(replace(ladder, n=n, repeats=0), route, ladder.rung, "escalated", calls)
        else:
            ladder = replace(ladder, round=ladder.round + 1, repeats=ladder.repeats + 1)
            ladder = self._tell_rung(ladder, route, len(route.ladder) - 1, "repeat", calls)
        self.ladders[i] = replace(ladder, due=_due(ladder, route, self._at))
        return escalation

    def _start(self, ladder: Ladder, route: Route, calls: Calls, ended: End = "") -> Ladder:
        """Tell the first rung, if it is due at once; the ladder goes on from there unless it has `ended`."""
        if not route.ladder[0].after_s:
            ladder = self._tell_rung(ladder, route, 0, "alarm", calls)
        if ended:
            return replace(ladder, ended=ended, waits=())
        return replace(ladder, due=_due(ladder, route, self._at))

    def _tell_rung(self, ladder: Ladder, route: Route, rung: int, purpose: Purpose, calls: Calls) -> Ladder:
        waits: list[str] = []
        told, held = list(ladder.told), list(ladder.held)
        known = {contact.contact for contact in told}
        approvers = route.ladder[rung].approvers
        for contact in self._people(route.ladder[rung], rung):
            keys = calls.tell(contact, route, ladder.n, ladder.round, purpose)
            waits += keys
            if approvers:
                held += [HeldCall(key, contact) for key in keys]
            elif keys and contact.contact not in known:
                known.add(contact.contact)
                told.append(contact)
        return replace(
            ladder,
            rung=max(ladder.rung, rung + 1),
            stepped_at=self._at,
            waits=tuple(waits),
            told=tuple(told),
            held=tuple(held),
        )

    def _people(self, rung: Rung, number: int) -> list[ToldContact]:
        """Whom a rung names now, each once."""
        found: dict[str, ToldContact] = {}
        for who in rung.to:
            neighbour = who.within_m is not None
            for contact in self._routes.people(who, self._place, self._at):
                if contact not in found:
                    found[contact] = ToldContact(contact, number, neighbour)
        return list(found.values())

    def _entered(self) -> list[tuple[int, Ladder, Route]]:
        """The ladders with their places and routes, those without a digest first: they tell sooner."""
        found = [
            (i, ladder, route)
            for i, ladder in enumerate(self.ladders)
            if (route := self._routes.routes.get(ladder.route)) is not None
        ]
        return sorted(found, key=lambda entry: entry[2].digest_s > 0)

    def _entered_and_matching(self, record: AlarmRecord) -> list[tuple[Route, int | None]]:
        """The routes entered with the places of their ladders, then those that match; those without a digest first."""
        found: list[tuple[Route, int | None]] = []
        entered = set()
        for i, ladder in enumerate(self.ladders):
            entered.add(ladder.route)
            route = self._routes.routes.get(ladder.route)
            if route is not None:
                found.append((route, i))
        for route in self._routes.matching(record, self._place):
            if route.id not in entered:
                found.append((route, None))
        return sorted(found, key=lambda entry: entry[0].digest_s > 0)

    def _end(self, i: int, ended: End, reason: str, of: tuple[Purpose, ...] = ()) -> None:
        """End a ladder. Owed calls of the purposes `of` are withdrawn; left out, repeats are."""
        ladder = self.ladders[i]
        purposes = of or (("repeat",) if ladder.repeats else ())
        if purposes and ladder.rung:
            self.withdrawn.append(Withdrawal(self.kept.alarm, purposes, ladder.route, self._at, reason))
        self.ladders[i] = replace(ladder, ended=ended, due=None, waits=(), held=() if of else ladder.held)

    def _drop_held(self, i: int, reason: str) -> None:
        ladder = self.ladders[i]
        if ladder.held:
            withdrawal = Withdrawal(self.kept.alarm, TELLING, ladder.route, self._at, reason, held=True)
            self.withdrawn.append(withdrawal)
            self.ladders[i] = replace(ladder, held=())


def standing(record: AlarmRecord, route: Route) -> End:
    """Whether an alarm wants an answer still from whom the route tells (empty), or why not."""
    is_answered = record.answered_by is not None and route.tier == "enterprise"
    if record.state not in UNACKNOWLEDGED or is_answered:
        return "answered"
    return "" if record.state in ACTIVE or record.peak_severity not in ("yellow", "blue") else "over"


def _again(ladder: Ladder, at: int, n: int) -> Ladder:
    return replace(ladder, entered_at=at, n=n, rung=0, round=ladder.round + 1, repeats=0, ended="", waits=(), due=None)


def _due(ladder: Ladder, route: Route, at: int) -> int | None:
    """When the ladder goes on, not before `at`; None: there is nothing to come."""
    if ladder.rung < len(route.ladder):
        if ladder.rung and not ladder.waits:
            return at
        return max(ladder.entered_at + _ms(route.ladder[ladder.rung].after_s), at)
    if route.repeat is None or ladder.repeats >= route.repeat.times:
        return None
    return max(ladder.stepped_at + _ms(route.repeat.every_s), at)


def _why(ladder: Ladder, route: Route, at: int) -> str:
    if at < ladder.entered_at + _ms(route.ladder[ladder.rung].after_s):
        return f"route {route.id}: nobody could be reached"
    return f"route {route.id}: nobody answered for {(at - ladder.entered_at) / 1000:g} s"


def _ms(span_s: float) -> int:
    return round(span_s * 1000)
