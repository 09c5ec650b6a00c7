"""What the answer pages know and can do: alarms from the book, people from the configuration, acts by the service."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from alerts.channels.phone import e164
from alerts.channels.port import Facts, Receipt
from alerts.machine import UNACKNOWLEDGED
from alerts.record import AlarmRecord
from plant.entries import Tier
from plant.site import Contact, Site
from tocsin.book import BookReader
from tocsin.book.schema import BookError
from tocsin.configuration import Configured
from tocsin.database.errors import DATABASE_ERRORS, TRY_AGAIN
from tocsin.records import UNREADABLE, Records
from tocsin.runtime.control import Answer, NotRunningError, ReceiptsRequest, Request

EXERCISE_MARK: Final = "exercise."
"""Stands before an alarm's id in links of exercises, whose alarms have a book of their own."""

_LOOKED_THROUGH: Final = 20_000

FactsOf = Callable[[AlarmRecord], Facts]


class UnavailableError(Exception):
    """The service, or its data, can't be reached now. Trying again later helps."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """One that was taken. `by` is a name for people."""

    by: str
    at_ms: int
    comment: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An alarm as it stands, with names. `acknowledgements` are all since it was raised, the newest first."""

    record: AlarmRecord
    facts: Facts
    acknowledgements: tuple[Acknowledgement, ...]
    exercise: bool


class Desk:
    """Thread-safe. Reads the book read-only; every change goes to the running service."""

    def __init__(self, records: Records, facts_of: Callable[[Configured], FactsOf]) -> None:
        """`facts_of` makes what tells an alarm's names and words under a configuration."""
        self._records = records
        self._facts_of = facts_of
        self._lock = threading.Lock()
        self._version: object = None
        self._site: Site | None = None
        self._facts: FactsOf | None = None

    def contact(self, contact: str) -> Contact | None:
        """The contact, if the site has it still."""
        return self._in_force()[0].contacts.get(contact)

    def tier(self, contact: Contact) -> Tier:
        """Whom a contact answers for."""
        return "enterprise" if contact.region_or_enterprise in self._in_force()[0].enterprises else "centre"

    def look(self, alarm: str) -> Shown | None:
        """An alarm, None if there is none of that id. UnavailableError if the book can't be read."""
        site, facts = self._in_force()
        exercise = alarm.startswith(EXERCISE_MARK)
        with self._reading(exercise) as reader:
            plain = alarm.removeprefix(EXERCISE_MARK) if exercise else alarm
            record = reader.alarm(plain)
            if record is None:
                return None
            booked = reader.actions(plain)
        taken = tuple(
            Acknowledgement(_name(site, act.by), act.received_at_ms, act.comment)
            for _, act, refused in booked
            if act.action == "acknowledge" and refused is None
        )
        return Shown(record, facts(record), taken, exercise)

    def unacknowledged(self) -> list[AlarmRecord]:
        """Alarms that somebody has yet to acknowledge, the newest first; not those of exercises."""
        with self._reading(exercise=False) as reader:
            return reader.alarms(UNACKNOWLEDGED, _LOOKED_THROUGH)

    def contacts_with(self, phone: str) -> list[Contact]:
        """Who has this number, however it is written."""
        wanted = _number(phone)
        contacts = self._in_force()[0].contacts.values()
        return [c for c in contacts if wanted and c.phone and _number(c.phone) == wanted]

    def acknowledge(self, alarm: str, contact: Contact, comment: str) -> str | None:
        """Acknowledge for a contact: why it was refused, or None. UnavailableError if nobody took it."""
        return self._ask(Request("acknowledge", alarm, contact.contact, comment, tier=self.tier(contact))).refused

    def receipts(self, channel: str, receipts: tuple[Receipt, ...]) -> None:
        """Hand on what a provider says became of messages. UnavailableError if nobody took it."""
        self._ask(ReceiptsRequest(channel, receipts))

    def _ask(self, request: Request | ReceiptsRequest) -> Answer:
        try:
            answer = self._records.ask(request)
        except (NotRunningError, BookError, *TRY_AGAIN, *UNREADABLE) as error:
            raise UnavailableError(str(error)) from error
        if answer.error is not None:
            raise UnavailableError(answer.error)
        return answer

    @contextmanager
    def _reading(self, exercise: bool) -> Iterator[BookReader]:
        place = self._records.exercise_book if exercise else self._records.book
        try:
            if place is None:
                raise BookError("there was no exercise yet")
            reader = BookReader.open_for_reading(place)
        except (BookError, OSError, *DATABASE_ERRORS) as error:
            raise UnavailableError(str(error)) from error
        try:
            yield reader
        except DATABASE_ERRORS as error:
            raise UnavailableError(str(error)) from error
        finally:
            reader.close()

    def _in_force(self) -> tuple[Site, FactsOf]:
        """The site and the words of now; read again when the service has another version in force."""
        with self._lock:
            try:
                version = self._records.version()
                if version != self._version or self._site is None or self._facts is None:
                    configured = self._records.configured()
                    self._site, self._facts = configured.site, self._facts_of(configured)
                    self._version = version
            except UNREADABLE as error:
                raise UnavailableError(str(error)) from error
            return self._site, self._facts


def _name(site: Site, by: str) -> str:
    contact = site.contacts.get(by)
    return contact.name if contact is not None else by


def _number(phone: str) -> str:
    try:
        return e164(phone)
    except ValueError:
        return ""
