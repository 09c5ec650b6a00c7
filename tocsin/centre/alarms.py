"""Alarms in sight: lists, one whole, incidents, proof of delivery, and what people do to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple

from alerts.channels.port import Facts
from alerts.disposal.record import Disposal
from alerts.incidents import Incident
from alerts.record import AlarmRecord
from alerts.wording.facts import FactsOf
from plant.entries import OperatorActionName
from tocsin.accounts.roles import Permission, Principal
from tocsin.book import BookError, BookReader
from tocsin.book.disposals import disposals_of
from tocsin.book.incidents import BookedIncident, incidents, incidents_of
from tocsin.book.listing import Page, Wanted, list_alarms
from tocsin.book.outbox_reader import OutboxReader, OwedCall, Proof
from tocsin.book.reader import BookedAction, BookedEvent
from tocsin.book.schema import open_reader
from tocsin.centre.acts import Acts
from tocsin.centre.errors import NotFoundError, UnavailableError
from tocsin.centre.grounds import Grounds
from tocsin.centre.sight import demand, demand_sight
from tocsin.database import DATABASE_ERRORS, Database
from tocsin.records import Records
from tocsin.runtime.control import Request

MOST: Final = 1000
_MOST_TOLD: Final = 20_000

NEEDED: Final[dict[OperatorActionName, Permission]] = {
    "acknowledge": Permission.ACKNOWLEDGE,
    "reset": Permission.RESET,
    "shelve": Permission.SHELVE,
    "unshelve": Permission.SHELVE,
    "comment": Permission.COMMENT,
}


class Listed(NamedTuple):
    """An alarm and what to call things."""

    record: AlarmRecord
    facts: Facts


class ListedPage(NamedTuple):
    """`more` is the cursor of the next page; None: there is none."""

    alarms: list[Listed]
    more: str | None


@dataclass(frozen=True, slots=True)
class Whole:
    """All that is known of one alarm. Events in order, actions the newest first."""

    record: AlarmRecord
    facts: Facts
    events: tuple[BookedEvent, ...]
    actions: tuple[BookedAction, ...]
    incident: Incident | None
    disposals: tuple[Disposal, ...]
    first_subject: str
    """Of the incident's first alarm; empty where there is no incident."""


class Alarms:
    """Thread-safe; every call may block for a moment. Each raises UnavailableError while the book can't be read."""

    def __init__(self, records: Records, grounds: Grounds, acts: Acts) -> None:
        self._records = records
        self._grounds = grounds
        self._acts = acts
        self._told: tuple[FactsOf | None, dict[str, tuple[AlarmRecord, Facts]]] = (None, {})
        """Facts that were made under the present configuration: lists show the same alarms again and again."""

    def page(self, principal: Principal, wanted: Wanted, limit: int = 100, *, exercise: bool = False) -> ListedPage:
        """A page of those in sight. `wanted.enterprises` may narrow it further. ValueError: no such cursor."""
        demand(principal, Permission.VIEW)
        now = self._grounds.now()
        given = None if wanted.enterprises is None else frozenset(wanted.enterprises)
        wanted = wanted._replace(enterprises=now.sight(principal).narrowed(given))
        with reading(self._records, exercise=exercise) as db:
            page: Page = list_alarms(db, wanted, min(limit, MOST))
        return ListedPage([Listed(r, self._facts_under(now.facts, r)) for r in page.alarms], page.more)

    def whole(self, principal: Principal, alarm: str, *, exercise: bool = False) -> Whole:
        """One alarm with its story. NotFoundError."""
        with reading(self._records, exercise=exercise) as db:
            record = self._seen(principal, db, alarm)
            reader = BookReader(db)
            incident = incidents_of(db, [alarm]).get(alarm)
            first = reader.alarm(incident.first_out) if incident is not None else None
            return Whole(
                record,
                self.facts(record),
                tuple(reader.events_of(alarm)),
                tuple(reader.actions(alarm)),
                incident,
                tuple(disposals_of(db, alarm)),
                first.subject if first is not None else "",
            )

    def delivery(
        self, principal: Principal, alarm: str, *, exercise: bool = False
    ) -> tuple[list[OwedCall], list[Proof]]:
        """Who was to be told of an alarm, and every attempt. NotFoundError."""
        with reading(self._records, exercise=exercise) as db:
            self._seen(principal, db, alarm)
            outbox = OutboxReader(db)
            return outbox.calls(alarm), outbox.proof(alarm)

    def incidents(self, principal: Principal, limit: int = 100, *, every: bool = False) -> list[BookedIncident]:
        """Incidents that go on (`every`: also ended ones), the newest first."""
        demand(principal, Permission.VIEW)
        sight = self._grounds.now().sight(principal)
        with reading(self._records) as db:
            return [i for i in incidents(db, MOST, every=every) if sight.sees(i.incident.enterprise)][:limit]

    def act(
        self,
        principal: Principal,
        alarm: str,
        action: OperatorActionName,
        comment: str = "",
        until_ms: int | None = None,
        *,
        one_shot: bool = False,
    ) -> None:
        """Do something to an alarm. ForbiddenError, NotFoundError; RefusedError: the alarm does not take it now."""
        demand(principal, NEEDED[action])
        with reading(self._records) as db:
            self._seen(principal, db, alarm)
        by, tier = principal.by, principal.tier
        self._acts.act(Request(action, alarm, by, comment, until_ms, tier=tier, one_shot=one_shot))

    def facts(self, record: AlarmRecord) -> Facts:
        """Names and words of an alarm, at its worst that is not acknowledged yet."""
        return self._facts_under(self._grounds.now().facts, record)

    def _facts_under(self, of: FactsOf, record: AlarmRecord) -> Facts:
        if self._told[0] is not of:
            self._told = (of, {})
        told = self._told[1]
        known = told.get(record.alarm)
        if known is not None and known[0] == record:
            return known[1]
        if len(told) >= _MOST_TOLD:
            told.clear()
        facts = of.now(record)
        told[record.alarm] = record, facts
        return facts

    def _seen(self, principal: Principal, db: Database, alarm: str) -> AlarmRecord:
        demand(principal, Permission.VIEW)
        record = BookReader(db).alarm(alarm)
        if record is None:
            raise NotFoundError(f"there is no alarm {alarm}")
        demand_sight(self._grounds.now().sight(principal), record.enterprise, f"alarm {alarm}")
        return record


@contextmanager
def reading(records: Records, *, exercise: bool = False) -> Iterator[Database]:
    """The book, for one call. UnavailableError while it can't be read; NotFoundError before the first exercise."""
    place = records.exercise_book if exercise else records.book
    if place is None:
        raise NotFoundError("there was no exercise yet")
    try:
        db = open_reader(place)
    except (BookError, *DATABASE_ERRORS, OSError) as error:
        raise UnavailableError(str(error)) from error
    try:
        yield db
    except (BookError, *DATABASE_ERRORS) as error:
        raise UnavailableError(str(error)) from error
    finally:
        db.close()
