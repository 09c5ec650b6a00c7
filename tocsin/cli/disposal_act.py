"""Steps of a disposal: through the running service, or straight to the log when none runs."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from alerts.disposal.fields import read_fields
from alerts.place import Places
from plant.entries import DisposalAction
from tocsin.book import BookReader
from tocsin.book.disposals import load_disposals
from tocsin.book.schema import open_reader
from tocsin.cli.options import DEFAULT_DATA, Data, existing
from tocsin.cli.times import time_ms
from tocsin.clock import SystemClock
from tocsin.evidence import EvidenceStore
from tocsin.log.journal import Journal
from tocsin.log.layout import BOOK, EVIDENCE, JOURNAL
from tocsin.runtime.control import DisposalRequest, NotRunningError, ask
from tocsin.runtime.reading import configuration_in_force

Alarm = Annotated[str, typer.Argument(help="The alarm's id.")]
By = Annotated[str, typer.Option("--by", help="Who does it.")]
Tier = Annotated[Literal["centre", "enterprise"], typer.Option("--tier", help="Whom they answer for.")]
Text = Annotated[str, typer.Option("--text", help="In words.")]
Why = Annotated[str, typer.Option("--why", help="Why.")]


def open_(alarm: Alarm, by: By, why: Why, tier: Tier = "centre", data: Data = DEFAULT_DATA) -> None:
    """Open a disposal by hand, of an alarm that does not need one."""
    _act(data, DisposalRequest("open", alarm, by, {"why": why}, tier))


def assign(
    alarm: Alarm,
    to: Annotated[str, typer.Option("--to", help="A contact of the site.")],
    by: By,
    due: Annotated[str | None, typer.Option("--due", help="To be closed by then (ms or RFC 3339).")] = None,
    tier: Tier = "centre",
    data: Data = DEFAULT_DATA,
) -> None:
    """Give it to somebody."""
    due_ms = time_ms(due, "--due")
    fields = {"to": to} | ({} if due_ms is None else {"due": str(due_ms)})
    _act(data, DisposalRequest("assign", alarm, by, fields, tier))


def start(alarm: Alarm, by: By, tier: Tier = "centre", data: Data = DEFAULT_DATA) -> None:
    """Begin with it; where nobody has it, it is yours."""
    _act(data, DisposalRequest("start", alarm, by, {}, tier))


def note(alarm: Alarm, by: By, text: Text, tier: Tier = "centre", data: Data = DEFAULT_DATA) -> None:
    """Write down what was done or found."""
    _act(data, DisposalRequest("note", alarm, by, {"text": text}, tier))


def evidence(
    alarm: Alarm,
    file: Annotated[Path, typer.Argument(help="A photo, a log, a record.")],
    by: By,
    kind: Annotated[str, typer.Option("--kind", help="Its media type, such as image/jpeg.")] = "",
    text: Text = "",
    tier: Tier = "centre",
    data: Data = DEFAULT_DATA,
) -> None:
    """File a piece of evidence: it is kept in the data folder under its hash."""
    stored = EvidenceStore(existing(data) / EVIDENCE).put(file)
    fields = {"name": file.name, "sha256": stored.sha256, "bytes": str(stored.bytes)}
    fields |= {name: given for name, given in (("kind", kind), ("text", text)) if given}
    _act(data, DisposalRequest("evidence", alarm, by, fields, tier))


def cause(
    alarm: Alarm,
    code: Annotated[str, typer.Argument(help="One of `tocsin disposal causes`.")],
    by: By,
    text: Text = "",
    tier: Tier = "centre",
    data: Data = DEFAULT_DATA,
) -> None:
    """Name the cause."""
    _act(data, DisposalRequest("cause", alarm, by, {"code": code} | _text(text), tier))


def submit(alarm: Alarm, by: By, text: Text = "", tier: Tier = "centre", data: Data = DEFAULT_DATA) -> None:
    """Say that it is done: another person looks at it now."""
    _act(data, DisposalRequest("submit", alarm, by, _text(text), tier))


def reject(alarm: Alarm, by: By, why: Why, tier: Tier = "centre", data: Data = DEFAULT_DATA) -> None:
    """Send back what was submitted."""
    _act(data, DisposalRequest("reject", alarm, by, {"why": why}, tier))


def verify(alarm: Alarm, by: By, text: Text = "", tier: Tier = "centre", data: Data = DEFAULT_DATA) -> None:
    """Confirm what another person has submitted."""
    _act(data, DisposalRequest("verify", alarm, by, _text(text), tier))


def close(alarm: Alarm, by: By, why: Why = "", tier: Tier = "centre", data: Data = DEFAULT_DATA) -> None:
    """Close it. While the alarm's condition is on, --why says why all the same."""
    _act(data, DisposalRequest("close", alarm, by, {"why": why} if why else {}, tier))


def reopen(alarm: Alarm, by: By, why: Why, tier: Tier = "centre", data: Data = DEFAULT_DATA) -> None:
    """Open a closed one again."""
    _act(data, DisposalRequest("reopen", alarm, by, {"why": why}, tier))


ACTIONS = (assign, start, note, evidence, cause, submit, reject, verify, close, reopen)


def _text(text: str) -> dict[str, str]:
    return {"text": text} if text else {}


def _act(data: Path, request: DisposalRequest) -> None:
    if not request.by.strip():
        raise typer.BadParameter("--by is empty: who does it?")
    try:
        read_fields(request.action, request.fields)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    try:
        answer = ask(existing(data), request)
        refused, when = answer.refused or answer.error, ""
    except NotRunningError:
        refused, when = _straight_to_the_log(data, request), "; the alarm book takes it when the service starts"
    if refused:
        print(f"{request.alarm}: {refused}", file=sys.stderr)
        raise typer.Exit(1)
    print(f"{request.alarm}: {request.action} by {request.by}{when}")


def _straight_to_the_log(data: Path, request: DisposalRequest) -> str | None:
    """Write the step to the log; returns why the disposal would not take it, if so."""
    journal = Journal.open(data / JOURNAL)
    try:
        now_ms = max(SystemClock().now_ms(), (journal.last_received_at_ms or 0) + 1)  # times tell entries apart
        action = DisposalAction(now_ms, request.action, request.alarm, request.by, request.fields, request.tier)
        refused = _why_refused(data, journal, action)
        if refused is None:
            journal.append([action])
        return refused
    finally:
        journal.close()


def _why_refused(data: Path, journal: Journal, action: DisposalAction) -> str | None:
    """What the disposal as it stands in the book, and what was done to it since, make of a step."""
    configured = configuration_in_force(data)
    site, rules, places = configured.site, configured.routes.disposal, Places(configured.site)
    db = open_reader(data / BOOK)
    try:
        disposals = load_disposals(db)
        book = BookReader(db)
        position = max(book.position, journal.first)

        def refused(step: DisposalAction) -> str | None:
            disposals.pass_time(step.received_at_ms - 1, rules)
            alarm = book.alarm(step.alarm)
            place = places.of(alarm.subject, alarm.enterprise) if alarm is not None else None
            return disposals.act(step, alarm, place, rules, site.contacts).refused

        for _, entry in journal.read(position):
            if isinstance(entry, DisposalAction):
                refused(entry)
        return refused(action)
    finally:
        db.close()
