"""Steps of a disposal: through the running service, or straight to the log when none runs."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from alerts.disposal.fields import read_fields
from tocsin.cli.acting import act_and_say
from tocsin.cli.options import DEFAULT_DATA, Config, Data, records_at
from tocsin.cli.times import time_ms
from tocsin.evidence import EvidenceStore
from tocsin.log.layout import EVIDENCE
from tocsin.runtime.control import DisposalRequest

Alarm = Annotated[str, typer.Argument(help="The alarm's id.")]
By = Annotated[str, typer.Option("--by", help="Who does it.")]
Tier = Annotated[Literal["centre", "enterprise"], typer.Option("--tier", help="Whom they answer for.")]
Text = Annotated[str, typer.Option("--text", help="In words.")]
Why = Annotated[str, typer.Option("--why", help="Why.")]


def open_(
    alarm: Alarm, by: By, why: Why, tier: Tier = "centre", data: Data = DEFAULT_DATA, config: Config = None
) -> None:
    """Open a disposal by hand, of an alarm that does not need one."""
    _act(data, config, DisposalRequest("open", alarm, by, {"why": why}, tier))


def assign(
    alarm: Alarm,
    to: Annotated[str, typer.Option("--to", help="A contact of the site.")],
    by: By,
    due: Annotated[str | None, typer.Option("--due", help="To be closed by then (ms or RFC 3339).")] = None,
    tier: Tier = "centre",
    data: Data = DEFAULT_DATA,
    config: Config = None,
) -> None:
    """Give it to somebody."""
    due_ms = time_ms(due, "--due")
    fields = {"to": to} | ({} if due_ms is None else {"due": str(due_ms)})
    _act(data, config, DisposalRequest("assign", alarm, by, fields, tier))


def start(alarm: Alarm, by: By, tier: Tier = "centre", data: Data = DEFAULT_DATA, config: Config = None) -> None:
    """Begin with it; where nobody has it, it is yours."""
    _act(data, config, DisposalRequest("start", alarm, by, {}, tier))


def note(
    alarm: Alarm, by: By, text: Text, tier: Tier = "centre", data: Data = DEFAULT_DATA, config: Config = None
) -> None:
    """Write down what was done or found."""
    _act(data, config, DisposalRequest("note", alarm, by, {"text": text}, tier))


def evidence(
    alarm: Alarm,
    file: Annotated[Path, typer.Argument(help="A photo, a log, a record.")],
    by: By,
    kind: Annotated[str, typer.Option("--kind", help="Its media type, such as image/jpeg.")] = "",
    text: Text = "",
    tier: Tier = "centre",
    data: Data = DEFAULT_DATA,
    config: Config = None,
) -> None:
    """File a piece of evidence: it is kept in the data folder under its hash."""
    stored = EvidenceStore(records_at(data, config).data / EVIDENCE).put(file)
    fields = {"name": file.name, "sha256": stored.sha256, "bytes": str(stored.bytes)}
    fields |= {name: given for name, given in (("kind", kind), ("text", text)) if given}
    _act(data, config, DisposalRequest("evidence", alarm, by, fields, tier))


def cause(
    alarm: Alarm,
    code: Annotated[str, typer.Argument(help="One of `tocsin disposal causes`.")],
    by: By,
    text: Text = "",
    tier: Tier = "centre",
    data: Data = DEFAULT_DATA,
    config: Config = None,
) -> None:
    """Name the cause."""
    _act(data, config, DisposalRequest("cause", alarm, by, {"code": code} | _text(text), tier))


def submit(
    alarm: Alarm, by: By, text: Text = "", tier: Tier = "centre", data: Data = DEFAULT_DATA, config: Config = None
) -> None:
    """Say that it is done: another person looks at it now."""
    _act(data, config, DisposalRequest("submit", alarm, by, _text(text), tier))


def reject(
    alarm: Alarm, by: By, why: Why, tier: Tier = "centre", data: Data = DEFAULT_DATA, config: Config = None
) -> None:
    """Send back what was submitted."""
    _act(data, config, DisposalRequest("reject", alarm, by, {"why": why}, tier))


def verify(
    alarm: Alarm, by: By, text: Text = "", tier: Tier = "centre", data: Data = DEFAULT_DATA, config: Config = None
) -> None:
    """Confirm what another person has submitted."""
    _act(data, config, DisposalRequest("verify", alarm, by, _text(text), tier))


def close(
    alarm: Alarm, by: By, why: Why = "", tier: Tier = "centre", data: Data = DEFAULT_DATA, config: Config = None
) -> None:
    """Close it. While the alarm's condition is on, --why says why all the same."""
    _act(data, config, DisposalRequest("close", alarm, by, {"why": why} if why else {}, tier))


def reopen(
    alarm: Alarm, by: By, why: Why, tier: Tier = "centre", data: Data = DEFAULT_DATA, config: Config = None
) -> None:
    """Open a closed one again."""
    _act(data, config, DisposalRequest("reopen", alarm, by, {"why": why}, tier))


ACTIONS = (assign, start, note, evidence, cause, submit, reject, verify, close, reopen)


def _text(text: str) -> dict[str, str]:
    return {"text": text} if text else {}


def _act(data: Path, config: Path | None, request: DisposalRequest) -> None:
    try:
        read_fields(request.action, request.fields)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    act_and_say(data, request, request.alarm, f"{request.action} by {request.by}", config)
