"""`tocsin points unknown` and `adopt`: devices that send what no point stands for."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ingest import unknown_store
from ingest.guess import guess_kind
from ingest.unknown import UnknownDevice
from tocsin.cli.options import DEFAULT_DATA, Data, existing
from tocsin.log.layout import UNKNOWN

app = typer.Typer(help="Devices that send what no point stands for.", no_args_is_help=True)


@app.command()
def unknown(
    data: Data = DEFAULT_DATA,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show unknown devices: what they send, how often, and what it probably is. The latest first."""
    devices = _load(data)
    if as_json:
        for device in devices:
            sys.stdout.write(json.dumps(_public(device), ensure_ascii=False) + "\n")
        return
    if not devices:
        print("no unknown device has sent anything", file=sys.stderr)
        return
    table = Table("device", "topic", "key", "last", "lowest", "highest", "unit", "probably", "every", "last seen (UTC)")
    for device in devices:
        period_s = device.period_s()
        every = "" if period_s is None else f"{period_s:.3g} s"
        seen = datetime.fromtimestamp(device.last_seen_ms / 1000, UTC).isoformat(" ", "seconds")[:19]
        about = (Text(device.device), Text(device.topic))
        for key, value in device.keys.items():
            guess = guess_kind(key, value)
            numbers = ["" if v is None else f"{v:g}" for v in (value.last, value.low, value.high)]
            probably = guess.words if guess is not None else ""
            table.add_row(*about, Text(key), *numbers, Text(value.unit), probably, every, seen)
            about, every, seen = (Text(""), Text("")), "", ""
        if not device.keys:
            table.add_row(*about, "", "", "", "", "", "", every, seen)
        table.add_section()
    Console(width=None if sys.stdout.isatty() else 200).print(table)
    print("`tocsin points adopt DEVICE --site DIR` proposes rows for points.csv", file=sys.stderr)


@app.command()
def adopt(
    device: Annotated[str, typer.Argument(help="A device that `points unknown` shows, or its topic.")],
    site: Annotated[Path, typer.Option("--site", help="The site folder.")],
    data: Data = DEFAULT_DATA,
    unit: Annotated[str | None, typer.Option(help="The unit in which it stands.")] = None,
    kind: Annotated[list[str] | None, typer.Option(metavar="KEY=KIND", help="What a key is; several times.")] = None,
    leave_out: Annotated[list[str] | None, typer.Option(metavar="KEY", help="A key that becomes no point.")] = None,
    period_s: Annotated[float | None, typer.Option(min=0.001, help="Seconds between readings; else as seen.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Propose rows of points.csv for a device, show them, and add them once confirmed.

    The whole site is read with them first; where anything would be wrong, nothing is changed.
    """
    from plant.site_reader import read_site
    from tocsin.onboarding.points_file import read_points_file, shown_change, try_change, with_rows, write_change
    from tocsin.onboarding.proposal import AdoptionError, Wish, propose_rows

    found = [d for d in _load(data) if device in (d.device, d.topic)]
    if not found:
        raise ValueError(f"no unknown device {device}; `tocsin points unknown` lists them")
    if len(found) > 1:
        raise ValueError(f"{device} was seen on {', '.join(d.topic for d in found)}: give the topic")
    kinds = {}
    for given in kind or ():
        key, equals, value = given.rpartition("=")
        if not (key and equals and value):
            raise ValueError(f"--kind {given}: allowed is KEY=KIND")
        kinds[key] = value
    try:
        rows = propose_rows(found[0], read_site(site)[0], Wish(unit, kinds, leave_out or (), period_s))
    except AdoptionError as error:
        raise ValueError(str(error)) from None
    before = read_points_file(site)
    after = with_rows(before, rows)
    configured = try_change(site, after)
    print(shown_change(before, after))
    for warning in configured.warnings:
        print(warning, file=sys.stderr)
    if not yes and not typer.confirm(f"Add {len(rows)} points to {site / 'points.csv'}?", err=True):
        raise typer.Exit(1)
    write_change(site, after)
    print(f"{len(rows)} points added. Ranges and limits are yours to fill in; then let the service take the site.")


def _load(data: Path) -> list[UnknownDevice]:
    saved = unknown_store.load(existing(data) / UNKNOWN)
    return saved.devices if saved is not None else []


def _public(device: UnknownDevice) -> dict[str, object]:
    shown: dict[str, object] = msgspec.to_builtins(device)
    shown["period_s"] = device.period_s()
    for key, value in device.keys.items():
        guess = guess_kind(key, value)
        shown["keys"][key]["guess"] = None if guess is None else msgspec.to_builtins(guess)  # type: ignore[index]
    return shown
