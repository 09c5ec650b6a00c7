"""`tocsin override`: take alarms out of service or disable them, end that, and list what is in force."""

import secrets
import sys
from typing import Annotated, Literal

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from alerts.overrides import Override
from plant.entries import OverrideKind, OverridePurpose, OverrideScope
from tocsin.book.overridden import overrides
from tocsin.book.schema import open_reader
from tocsin.cli.acting import act_and_say
from tocsin.cli.options import DEFAULT_DATA, Config, Data, records_at
from tocsin.cli.shown import shown_text, shown_time
from tocsin.cli.times import FOR, UNTIL, end_ms
from tocsin.clock import SystemClock
from tocsin.runtime.control import OverrideRequest

app = typer.Typer(help="Overrides: alarms out of service, disabled or shelved.")

_KINDS: dict[str, OverrideKind] = {"out-of-service": "out_of_service", "disabled": "disabled"}
Place = Annotated[str | None, typer.Option(metavar="ID")]


@app.callback()
def _override() -> None:
    """Overrides: alarms out of service, disabled or shelved."""


@app.command(name="set")
def set_command(
    by: Annotated[str, typer.Option("--by", help="Who sets it.")],
    why: Annotated[str, typer.Option("--why", help="Why.")],
    kind: Annotated[Literal["out-of-service", "disabled"], typer.Option("--kind")],
    purpose: Annotated[OverridePurpose, typer.Option("--purpose", help="Of an out of service.")] = "",
    point: Place = None,
    unit: Place = None,
    device: Place = None,
    enterprise: Place = None,
    rule: Annotated[str | None, typer.Option("--rule", metavar="ID", help="Alone, or to narrow another.")] = None,
    lasts: FOR = None,
    until: UNTIL = None,
    approved_by: Annotated[str, typer.Option("--approved-by", help="The second person, where one is needed.")] = "",
    data: Data = DEFAULT_DATA,
    config: Config = None,
) -> None:
    """Withhold the notices of a point's, unit's, device's, enterprise's or rule's alarms, for a reason and a time."""
    scope, subject = _scope(point, unit, device, enterprise, rule)
    until_ms = end_ms(lasts, until, SystemClock().now_ms())
    request = OverrideRequest(
        "set",
        f"{purpose or kind}-{secrets.token_hex(5)}",
        by,
        _KINDS[kind],
        purpose,
        scope,
        subject,
        rule if rule is not None and scope != "rule" else "",
        why,
        until_ms,
        approved_by,
    )
    end = f" until {shown_time(until_ms)} UTC" if until_ms is not None else ", without an end"
    about = f"{scope} {subject}" + (f" (rule {request.rule})" if request.rule else "")
    act_and_say(data, request, about, f"{kind} by {by}{end}: {request.override}", config)


@app.command()
def end(
    override: Annotated[str, typer.Argument(help="Its id, as `tocsin override list` shows it.")],
    by: Annotated[str, typer.Option("--by", help="Who ends it.")],
    why: Annotated[str, typer.Option("--why", help="Why.")] = "",
    data: Data = DEFAULT_DATA,
    config: Config = None,
) -> None:
    """End an override before its time: what still needs somebody is told of now."""
    act_and_say(data, OverrideRequest("end", override, by, why=why), override, f"ended by {by}", config)


@app.command(name="list")
def list_command(
    data: Data = DEFAULT_DATA,
    config: Config = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List overrides, the newest first: what is in force, until when, and over how many open alarms."""
    db = open_reader(records_at(data, config).book)
    try:
        found = overrides(db, limit, every=every)
    finally:
        db.close()
    if as_json:
        for one in found:
            print(msgspec.json.encode({**msgspec.to_builtins(one.override), "alarms": one.alarms}).decode())
        return
    if not found:
        print("no overrides" if every else "no overrides in force", file=sys.stderr)
        return
    table = Table("id", "kind", "of", "by", "since (UTC)", "until (UTC)", "alarms", "why")
    for override, alarms in found:
        kind = override.kind.replace("_", " ") + (f", {override.purpose}" if override.purpose else "")
        approved = f", approved by {override.approved_by}" if override.approved_by else ""
        table.add_row(
            override.id,
            kind + (", one shot" if override.one_shot else ""),
            shown_text(_of(override)),
            shown_text(override.by + approved),
            shown_time(override.since),
            shown_time(override.until) if override.ended_at is None else f"ended {shown_time(override.ended_at)}",
            str(alarms),
            shown_text(override.why if override.ended_at is None else f"{override.why}; {override.ended_why}"),
        )
    Console(width=None if sys.stdout.isatty() else 200, markup=False).print(table)


def _of(override: Override) -> str:
    rule = f", rule {override.rule}" if override.rule else ""
    return f"{override.scope} {override.subject}{rule}"


def _scope(
    point: str | None, unit: str | None, device: str | None, enterprise: str | None, rule: str | None
) -> tuple[OverrideScope, str]:
    given: list[tuple[OverrideScope, str | None]] = [
        ("point", point),
        ("unit", unit),
        ("device", device),
        ("enterprise", enterprise),
    ]
    places = [(scope, name) for scope, name in given if name is not None]
    if len(places) > 1 or (not places and rule is None):
        raise typer.BadParameter("give one of --point, --unit, --device, --enterprise, or --rule alone")
    return places[0] if places else ("rule", rule or "")
