"""`tocsin devices`: which devices report, how well they are, and how long they were online."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console

from tocsin.cli.options import DEFAULT_DATA, Config, records_at
from tocsin.cli.progress import bar
from tocsin.cli.times import window_ms
from tocsin.inventory.standing import State

if TYPE_CHECKING:
    from tocsin.records import Records


def devices(
    data: Annotated[Path, typer.Option("--data", "--journal", help="The data folder of the service.")] = DEFAULT_DATA,
    config: Config = None,
    state: Annotated[list[State] | None, typer.Option("--state", help="Only these states; may be repeated.")] = None,
    enterprise: Annotated[str | None, typer.Option(help="Only this enterprise's.")] = None,
    region: Annotated[str | None, typer.Option(help="Only this region's, with those below it.")] = None,
    rate: Annotated[bool, typer.Option("--rate", help="Online rates over a period, from the log.")] = False,
    since: Annotated[
        str | None, typer.Option("--from", help="With --rate: from this time on (ms or RFC 3339).")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="With --rate: before this time.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many devices; --json has all.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show the devices that the site expects, those in trouble first, and the online rate of enterprises and regions.

    As of now where the service runs; else as of the log's last entry.
    """
    records = records_at(data, config)
    if rate:
        if state:
            raise typer.BadParameter("--state is how devices stand now, --rate a whole period: give one of them")
        _rate(records, window_ms(since, until), enterprise, region, limit, as_json)
        return
    if since is not None or until is not None:
        raise typer.BadParameter("--from and --to belong to --rate")
    _inventory(records, set(state or State), enterprise, region, limit, as_json)


def _inventory(
    records: "Records", states: set[State], enterprise: str | None, region: str | None, limit: int, as_json: bool
) -> None:
    from tocsin.inventory.device_table import device_table
    from tocsin.inventory.inventory import make_inventory
    from tocsin.inventory.regions import chosen_enterprises, regions_of
    from tocsin.inventory.tables import inventory_tables

    seen, configured, live = records.look()
    chosen = chosen_enterprises(regions_of(configured.site), enterprise, region)
    table = device_table(configured.site, configured.rules, records.registry())
    inventory = make_inventory(configured.site, table, seen, chosen)
    wanted = [device for device in inventory.devices if device.state in states]
    if as_json:
        head = {"about": "inventory", "as_of_ms": inventory.as_of_ms, "since_ms": inventory.since_ms, "live": live}
        _json_lines([head, *inventory.shares, *wanted])
        return
    _print(inventory_tables(inventory, wanted, limit))
    if not live:
        print("no service runs that writes this log: this is how things stood at the log's last entry", file=sys.stderr)


def _rate(
    records: "Records",
    window: tuple[int | None, int | None],
    enterprise: str | None,
    region: str | None,
    limit: int,
    as_json: bool,
) -> None:
    from tocsin.inventory.rate import online_rate
    from tocsin.inventory.tables import rate_tables

    with bar("rate") as advance:
        found = online_rate(records, *window, enterprise, region, advance)
    if as_json:
        head = {name: getattr(found, name) for name in ("from_ms", "to_ms", "listened_ms", "paused_ms", "pauses")}
        _json_lines([{"about": "period", **head}, *found.shares, *found.devices])
        return
    _print(rate_tables(found, limit))


def _json_lines(objects: list[object]) -> None:
    encode = msgspec.json.Encoder().encode
    for shown in objects:
        sys.stdout.buffer.write(encode(shown) + b"\n")
    sys.stdout.buffer.flush()


def _print(parts: "list[object]") -> None:
    console = Console(width=None if sys.stdout.isatty() else 200)
    for part in parts:
        console.print(part)
