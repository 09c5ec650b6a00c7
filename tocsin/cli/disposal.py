"""`tocsin disposal`: what is done about alarms, by whom, by when, and with which cause it ended."""

import sys
from typing import Annotated, Literal

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.disposal.causes import all_causes, cause_words
from alerts.disposal.machine import DisposalState
from alerts.disposal.record import Disposal, DisposalStep
from tocsin.book.disposals import UNDER_WAY, disposals, disposals_of, steps_of
from tocsin.book.schema import open_reader
from tocsin.cli import disposal_act
from tocsin.cli.colours import SEVERITY_STYLES
from tocsin.cli.options import DEFAULT_DATA, Config, Data, records_at
from tocsin.cli.shown import shown_text, shown_time

app = typer.Typer(help="What is done about alarms.")

_LOOKED_AT = 100_000
Language = Annotated[Literal["en", "zh"], typer.Option("--lang")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, one object a line.")]


@app.callback()
def _disposal() -> None:
    """What is done about alarms."""


@app.command(name="list")
def list_command(
    data: Data = DEFAULT_DATA,
    config: Config = None,
    state: Annotated[list[DisposalState] | None, typer.Option("--state", help="Only these; may be repeated.")] = None,
    enterprise: Annotated[str | None, typer.Option("--enterprise", help="Only this one's.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose deadline was missed.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List disposals, the newest first: those under way, unless --state says otherwise."""
    db = open_reader(records_at(data, config).book)
    try:
        found = disposals(db, state or UNDER_WAY, enterprise, _LOOKED_AT if overdue else limit)
    finally:
        db.close()
    found = [record for record in found if record.overdue or not overdue][:limit]
    if as_json:
        for record in found:
            print(msgspec.json.encode(record).decode())
        return
    if not found:
        print("no disposals", file=sys.stderr)
        return
    table = Table("alarm", "severity", "state", "subject", "assignee", "close by (UTC)", "overdue", "cause")
    for r in found:
        severity = Text(f" {r.severity} ", style=SEVERITY_STYLES.get(r.severity, ""))
        overdue_text = f"{r.overdue}, tier {r.tier}" if r.overdue else ""
        table.add_row(
            r.latest, severity, r.state, Text(r.subject), r.assignee, shown_time(r.close_by), overdue_text, r.cause
        )
    Console(width=None if sys.stdout.isatty() else 160).print(table)


@app.command()
def show(
    alarm: disposal_act.Alarm,
    data: Data = DEFAULT_DATA,
    config: Config = None,
    lang: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Show the disposals of an alarm with every step."""
    records = records_at(data, config)
    db = open_reader(records.book)
    try:
        found = [(record, steps_of(db, record)) for record in disposals_of(db, alarm)]
    finally:
        db.close()
    if not found:
        raise LookupError(f"{alarm}: no disposal of this alarm")
    if as_json:
        for record, steps in found:
            print(msgspec.json.encode({"disposal": record, "steps": [step._asdict() for step in steps]}).decode())
        return
    own = records.configured().routes.disposal.causes
    for record, steps in found:
        words = cause_words(record.cause, own, lang) if record.cause else ""
        print("\n".join(_lines(record, steps, words)))


@app.command()
def causes(data: Data = DEFAULT_DATA, config: Config = None, lang: Language = "en") -> None:
    """List the causes that may be named: the product's and the site's."""
    own = records_at(data, config).configured().routes.disposal.causes
    width = max(len(code) for code in all_causes(own))
    for code in all_causes(own):
        print(f"{code:<{width}}  {cause_words(code, own, lang)}")


app.command(name="open")(disposal_act.open_)
for action in disposal_act.ACTIONS:
    app.command()(action)


def _lines(record: Disposal, steps: list[DisposalStep], cause: str) -> list[str]:
    alarms = record.alarm if record.latest == record.alarm else f"{record.alarm}, now {record.latest}"
    facts = {
        "alarm": alarms,
        "subject": f"{record.subject} of {record.enterprise}, rule {record.rule}",
        "severity": record.severity + (", exercise" if record.exercise else ""),
        "state": record.state + ("" if record.active else ", the alarm's condition is over"),
        "assignee": record.assignee,
        "assign by": shown_time(record.assign_by),
        "close by": shown_time(record.close_by),
        "overdue": f"{record.overdue}, {record.tier} tiers told" if record.overdue else "",
        "cause": f"{record.cause} ({cause}) {record.cause_text}".strip() if record.cause else "",
        "submitted": record.submitted_by,
        "verified": record.verified_by,
        "closed": f"{record.closed_by} {shown_time(record.closed_at)}" if record.closed_at is not None else "",
        "reopened": f"{record.reopened} times" if record.reopened else "",
    }
    lines = [f"{name:<10} {shown_text(text)}" for name, text in facts.items() if text]
    for step in steps:
        said = ", ".join(f"{name}: {text}" for name, text in step.fields.items())
        lines.append(
            f"  {step.n:>3}  {shown_time(step.at)}  " + shown_text(f"{step.name:<9} {step.by}  {said}").rstrip()
        )
    return lines
