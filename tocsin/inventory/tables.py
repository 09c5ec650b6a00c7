"""The inventory and online rates as tables for a terminal."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from rich.table import Table
from rich.text import Text

from tocsin.inventory.inventory import DeviceRow, Inventory, Share
from tocsin.inventory.rate import DeviceOnline, OnlineRate, OnlineShare
from tocsin.inventory.standing import State

_WORST_FIRST: Final = (State.SILENT, State.NEVER, State.REPORTING)
_STYLES: Final = {State.SILENT: "bold red", State.NEVER: "yellow", State.REPORTING: "green"}


def inventory_tables(inventory: Inventory, devices: Sequence[DeviceRow], limit: int) -> list[object]:
    """The wanted devices, the worst first, and how many of each enterprise and region report."""
    shown = sorted(devices, key=lambda d: (_WORST_FIRST.index(d.state), d.enterprise, d.device))[:limit]
    table = Table(title=f"devices as of {_time(inventory.as_of_ms)} UTC", title_justify="left")
    for head in ("device", "enterprise", "region", "state", "last heard (UTC)"):
        table.add_column(head)
    counted = ("readings", "late", "dup.", "ahead", "clock fault", "skewed", "bad", "over", "under")
    for head in ("points", *counted, "clock", "slowest"):
        table.add_column(head, justify="right")
    for d in shown:
        counts = (d.readings, d.late, d.duplicate, d.ahead, d.clock_fault, d.skewed, d.bad, d.over_range, d.under_range)
        table.add_row(
            Text(f"{d.device} {d.name}" if d.name not in ("", d.device) else d.device),
            d.enterprise,
            d.region,
            Text(d.state, _STYLES[d.state]),
            "" if d.last_heard_ms is None else _time(d.last_heard_ms),
            f"{d.reporting_points}/{d.points}",
            *(f"{n}" if n else "" for n in counts),
            _seconds(d.clock_offset_ms, sign="+"),
            _seconds(d.delay_ms),
        )
    parts: list[object] = [table, *_left_out(len(devices) - len(shown))]
    shares = Table("enterprise, region", title="reporting now", title_justify="left")
    for head in ("expected", "reporting", "silent", "never", "online rate"):
        shares.add_column(head, justify="right")
    for s in inventory.shares:
        shares.add_row(_whose(s), *map(str, (s.expected, s.reporting, s.silent, s.never)), _percent(s.online_rate))
    return [*parts, shares]


def rate_tables(rate: OnlineRate, limit: int) -> list[object]:
    """The devices of the lowest rates, and the rates of enterprises and regions with what they are made of."""
    shown = sorted(rate.devices, key=_rate_of)[:limit]
    table = Table(title="lowest online rates", title_justify="left")
    for head in ("device", "enterprise", "region", "seen"):
        table.add_column(head)
    for head in ("online", "of", "online rate"):
        table.add_column(head, justify="right")
    for d in shown:
        whose = (Text(d.device), d.enterprise, d.region, "" if d.seen else "never")
        table.add_row(*whose, _hours(d.online_ms), _hours(d.expected_ms), _percent(d.online_rate))
    shares = Table("enterprise, region", title="online rate = device-hours online / expected", title_justify="left")
    for head in ("devices", "never seen", "online h", "expected h", "online rate"):
        shares.add_column(head, justify="right")
    for s in rate.shares:
        counts = (f"{s.devices}", f"{s.never}" if s.never else "")
        shares.add_row(_whose(s), *counts, _hours(s.online_ms), _hours(s.expected_ms), _percent(s.online_rate))
    return [table, *_left_out(len(rate.devices) - len(shown)), shares, _period(rate)]


def _rate_of(device: DeviceOnline) -> tuple[float, str, str]:
    return (1.0 if device.online_rate is None else device.online_rate, device.enterprise, device.device)


def _period(rate: OnlineRate) -> str:
    said = f"{_time(rate.from_ms)} to {_time(rate.to_ms)} UTC, as far as the journal goes"
    if not rate.pauses:
        return said
    return (
        f"{said}; the service was away {rate.pauses} times, {_hours(rate.paused_ms)} h in all:"
        " that time is in no device's favour, and none is expected in it"
    )


def _left_out(count: int) -> Iterable[str]:
    return [f"and {count} more; --limit shows them, --json has all"] if count > 0 else []


def _whose(share: Share | OnlineShare) -> Text:
    if share.scope == "all":
        return Text("all", "bold")
    return Text(share.id) if share.scope == "enterprise" else Text(f"{share.id} (region)", "italic")


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(" ", "seconds").removesuffix("+00:00")


def _seconds(ms: int | None, sign: str = "") -> str:
    return "" if ms is None else f"{ms / 1000:{sign}.1f} s"


def _hours(ms: int) -> str:
    return f"{ms / 3_600_000:.2f}"


def _percent(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.2%}"
