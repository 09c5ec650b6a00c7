"""What people ask for, as entries of the log: through the running service, or straight to the log when none runs."""

from pathlib import Path
from typing import NamedTuple

from alerts.routes.directory import tier_of
from plant.entries import Act, DisposalAction, NoticeAction, OperatorAction, OverrideAction, Position, Tier
from plant.quality import NEWEST_TIME_MS
from tocsin.book import AlarmBook, BookError
from tocsin.book.audit import entry_at
from tocsin.book.results import BookStep
from tocsin.book.schema import open_reader
from tocsin.clock import Clock
from tocsin.configuration import Configured
from tocsin.log.journal import Journal
from tocsin.log.layout import BOOK, JOURNAL
from tocsin.runtime.control import DisposalRequest, NoticeRequest, NotRunningError, OverrideRequest, Request, ask
from tocsin.runtime.reading import configuration_in_force

ActRequest = Request | OverrideRequest | DisposalRequest | NoticeRequest
"""What becomes an entry of the log."""


class Acted(NamedTuple):
    """`refused` says why it was not done, None where it was; `offline` that no service runs, so that the alarm book
    takes it at the next start.
    """

    refused: str | None
    offline: bool


def entry_of(request: ActRequest, now_ms: int, configured: Configured) -> Act:
    """The entry that a request becomes at `now_ms` under the configuration in force. ValueError: an end out of time."""
    if isinstance(request, Request | OverrideRequest) and not 0 <= (request.until_ms or 0) <= NEWEST_TIME_MS:
        raise ValueError(f"until is {request.until_ms}, allowed are ms since the epoch before the year 2100")
    match request:
        case Request():
            return OperatorAction(
                now_ms,
                request.action,
                request.alarm,
                request.by,
                request.comment,
                request.until_ms,
                _tier(request.by, request.tier, configured),
                request.one_shot,
            )
        case OverrideRequest():
            return OverrideAction(
                now_ms,
                request.action,
                request.override,
                request.by,
                request.kind,
                request.purpose,
                request.scope,
                request.subject,
                request.rule,
                request.why,
                request.until_ms,
                request.approved_by,
            )
        case DisposalRequest():
            tier = _tier(request.by, request.tier, configured)
            return DisposalAction(now_ms, request.action, request.alarm, request.by, request.fields, tier)
        case NoticeRequest():
            return NoticeAction(now_ms, request.action, request.call, request.by)


def act(data: Path, request: ActRequest, clock: Clock) -> Acted:
    """Ask the service that runs on the folder; where none does, write it to the log (`act_offline`)."""
    try:
        answer = ask(data, request)
    except NotRunningError:
        return Acted(act_offline(data, request, clock), offline=True)
    return Acted(answer.refused or answer.error, offline=False)


def act_offline(data: Path, request: ActRequest, clock: Clock) -> str | None:
    """Write the entry of a request to the log, unless the alarm book would refuse it; then it says why.

    Only to the log: the alarm book and the notices owed are the service's, which knows whom to tell. LogLockedError if
    a service has started meanwhile; BookError if there is no alarm book; ValueError where no configuration is known.
    """
    journal = Journal.open(data / JOURNAL)
    try:
        configured = configuration_in_force(data)
        now_ms = max(clock.now_ms(), (journal.last_received_at_ms or 0) + 1)  # times tell entries apart
        entry = entry_of(request, now_ms, configured)
        refused = _rehearse(data / BOOK, journal, entry, configured)
        if refused is None:
            journal.append([entry])
        return refused
    finally:
        journal.close()


def why_refused(data: Path, position: Position) -> str | None:
    """Why the act that stands in the log at `position` changed nothing; None where it was taken."""
    db = open_reader(data / BOOK)
    try:
        found = entry_at(db, position)
    finally:
        db.close()
    return (found.refused or None) if found is not None else "the action is not in the book"


def _rehearse(path: Path, journal: Journal, entry: Act, configured: Configured) -> str | None:
    """What the book would say to an entry at the log's end, after the acts that it has not taken yet."""
    if not path.exists():
        raise BookError(f"{path}: there is no alarm book; `tocsin book rebuild` makes it anew from the log")
    book = AlarmBook.open_for_writing(path)
    try:
        behind = journal.read(max(book.position, journal.first))
        steps: list[tuple[Position, BookStep]] = [(at, step) for at, step in behind if isinstance(step, Act)]
        steps.append((journal.end, entry))
        committed = book.rehearse(journal.end + 1, steps, configured.ground())
    finally:
        book.close()
    return next((refusal.reason for refusal in committed.refused if refusal.position == journal.end), None)


def _tier(by: str, claimed: Tier, configured: Configured) -> Tier:
    """A contact of an enterprise answers for it, whatever the request claims."""
    return "enterprise" if tier_of(configured.site, by) == "enterprise" else claimed
