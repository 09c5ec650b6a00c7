"""`tocsin notices`: who is owed word of what, what was tried, what was given up, and what waits for an approval."""

import sys
from typing import Annotated, Literal

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from tocsin.book import Outbox
from tocsin.book.outbox_reader import OwedCall, Proof
from tocsin.cli.options import DEFAULT_DATA, Config, Data, records_at
from tocsin.cli.shown import shown_text, shown_time
from tocsin.runtime.control import NoticeRequest

app = typer.Typer(help="Notices: what is owed to whom, and the proof of what was sent.")

NoticeState = Literal["held", "due", "sending", "delivered", "dead", "withdrawn", "rejected"]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
By = Annotated[str, typer.Option("--by", help="Who decides: one of its approvers.")]
Key = Annotated[str, typer.Argument(help="The call's key, as `tocsin notices list --state held` shows it.")]


@app.callback()
def _notices() -> None:
    """Notices: what is owed to whom, and the proof of what was sent."""


@app.command(name="list")
def list_command(
    data: Data = DEFAULT_DATA,
    config: Config = None,
    state: Annotated[NoticeState | None, typer.Option("--state", help="Only those in this state.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List calls and webhooks' events, the newest first, with what has become of each."""
    outbox = Outbox.open_for_reading(records_at(data, config).book)
    try:
        found = outbox.calls(state=state, limit=limit)
    finally:
        outbox.close()
    _show_calls(found, as_json)


@app.command()
def dead(
    data: Data = DEFAULT_DATA,
    config: Config = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List dead letters, the newest first: every way to tell somebody has failed. Exit code 1 if there are any."""
    outbox = Outbox.open_for_reading(records_at(data, config).book)
    try:
        found = outbox.calls(state="dead", limit=limit)
    finally:
        outbox.close()
    _show_calls(found, as_json)
    if found:
        raise typer.Exit(1)


@app.command()
def show(
    alarm: Annotated[str, typer.Argument(help="The alarm's id.")],
    data: Data = DEFAULT_DATA,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show who was to be told of an alarm, and every attempt: when, over what, what the provider answered."""
    outbox = Outbox.open_for_reading(records_at(data, config).book)
    try:
        found, proof = outbox.calls(alarm), outbox.proof(alarm)
    finally:
        outbox.close()
    if not found:
        print(f"{alarm}: nobody was to be told of it", file=sys.stderr)
        raise typer.Exit(1)
    if as_json:
        for one in (*found, *proof):
            print(msgspec.json.encode(one).decode())
        return
    _show_calls(found, as_json=False)
    _show_proof(proof)


@app.command()
def resend(
    data: Data = DEFAULT_DATA,
    config: Config = None,
    channel: Annotated[str | None, typer.Option("--channel", help="All dead letters of this channel.")] = None,
    key: Annotated[str | None, typer.Option("--key", help="The one of this key.")] = None,
) -> None:
    """Put dead letters back; the service tries them anew, from their first way on, within a minute."""
    if (channel is None) == (key is None):
        raise typer.BadParameter("give either --channel or --key")
    outbox = Outbox.open_for_writing(records_at(data, config).book)
    try:
        count = outbox.requeue(channel, key)
    finally:
        outbox.close()
    if not count:
        print(f"{channel or key}: no dead letter", file=sys.stderr)
        raise typer.Exit(1)
    print(f"{count} put back")


@app.command()
def approve(key: Key, by: By, data: Data = DEFAULT_DATA, config: Config = None) -> None:
    """Let a held call go out. Through the running service; exit code 1 says why it was refused."""
    _settle(NoticeRequest("approve", key, by), data, config)


@app.command()
def reject(key: Key, by: By, data: Data = DEFAULT_DATA, config: Config = None) -> None:
    """Stop a held call for good, in the same way."""
    _settle(NoticeRequest("reject", key, by), data, config)


def _settle(request: NoticeRequest, data: Data, config: Config) -> None:
    from tocsin.kafka.errors import KafkaClientError
    from tocsin.records import UnansweredError

    if not request.by.strip():
        raise typer.BadParameter("--by is empty: who does it?")
    records = records_at(data, config)
    try:
        answer = records.ask(request)
        refused = answer.refused or answer.error
    except (UnansweredError, KafkaClientError) as error:
        refused = str(error)
    if refused:
        print(f"{request.call}: {refused}", file=sys.stderr)
        raise typer.Exit(1)
    print(f"{request.call}: {request.action} by {request.by}")


def _show_calls(found: list[OwedCall], as_json: bool) -> None:
    if as_json:
        for call in found:
            print(msgspec.json.encode(call).decode())
        return
    if not found:
        print("none", file=sys.stderr)
        return
    table = Table("key", "event", "purpose", "channel", "contact", "state", "queued at (UTC)", "ended at", "why")
    for call in found:
        why = call.error or call.settled or (f"for {_approvers(call)}" if call.state == "held" else "")
        table.add_row(
            call.key,
            f"{call.alarm}.{call.n}",
            call.purpose,
            call.channel,
            call.contact,
            f"{call.state}, counted" if call.counted else call.state,
            shown_time(call.queued_at),
            shown_time(call.ended_at),
            shown_text(why),
        )
    _console().print(table)


def _show_proof(proof: list[Proof]) -> None:
    table = Table("at (UTC)", "event", "message", "channel", "contact", "result", "provider's id", "answer", "receipt")
    for one in proof:
        receipt = f"{one.receipt} {shown_time(one.receipt_at)} {shown_text(one.receipt_text)}".strip()
        answer = one.error or one.answer or ("" if one.status is None else str(one.status))
        message = one.message if one.together == 1 else f"{one.message} ({one.together} together)"
        table.add_row(
            shown_time(one.at),
            one.event_id,
            message,
            one.channel,
            one.contact,
            one.result,
            shown_text(one.provider_id),
            shown_text(answer),
            receipt,
        )
    _console().print(table)


def _approvers(call: OwedCall) -> str:
    return ", ".join(msgspec.json.decode(call.approvers, type=tuple[str, ...]))


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 200, markup=False)
