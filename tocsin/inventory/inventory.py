"""The inventory: every device that is expected, how it stands and how well it is, and online rates rolled up."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

import msgspec
import numpy as np

from plant.site import Site
from tocsin.inventory.device_table import I64, DeviceTable, Index
from tocsin.inventory.health import NO_HIGH, NO_LOW, NOT_HEARD
from tocsin.inventory.regions import regions_of
from tocsin.inventory.seen import COUNTED, Seen
from tocsin.inventory.standing import State, stand

Scope = Literal["all", "region", "enterprise"]


class DeviceRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="about", tag="device"):
    """One expected device. Times are ms since the epoch; counts are since the inventory's `since_ms`."""

    enterprise: str
    device: str
    name: str
    """What devices.csv calls it; "" where it does not."""
    region: str
    state: State
    points: int
    reporting_points: int
    last_heard_ms: int | None
    """received_at of the last reading of any of its points; None: never."""
    readings: int
    late: int
    duplicate: int
    ahead: int
    clock_fault: int
    skewed: int
    bad: int
    over_range: int
    under_range: int
    clock_offset_ms: int | None
    """How far the device's clock is ahead of ours (below 0: behind), by its quickest reading of the last while."""
    delay_ms: int | None
    """received_at - measured_at of its slowest reading of the last while."""


class Share(msgspec.Struct, frozen=True, kw_only=True, tag_field="about", tag="share"):
    """How many devices of an enterprise, or of a region with those below it, report. `id` is "" for all."""

    scope: Scope
    id: str
    expected: int
    reporting: int
    silent: int
    never: int
    online_rate: float | None
    """Reporting of expected; None where none is expected."""


class Inventory(msgspec.Struct, frozen=True):
    """Devices in the order of (enterprise, device); shares: all, then regions, then enterprises, each by id."""

    as_of_ms: int
    since_ms: int
    devices: tuple[DeviceRow, ...]
    shares: tuple[Share, ...]


_NOTHING: Final = ""


def make_inventory(site: Site, table: DeviceTable, seen: Seen, enterprises: frozenset[str]) -> Inventory:
    """The inventory of these enterprises, as of `seen`."""
    regions = regions_of(site)
    standing = stand(table, seen)
    columns = _by_device(table, seen)
    names = {(device.enterprise, device.device): device.name for device in site.devices.values()}
    rows = []
    for i, key in enumerate(table.keys):
        if key.enterprise not in enterprises:
            continue
        cells: dict[str, Any] = {name: column[i] for name, column in columns.items()}
        rows.append(
            DeviceRow(
                enterprise=key.enterprise,
                device=key.device,
                name="" if key.alone else names.get((key.enterprise, key.device), ""),
                region=next(iter(regions[key.enterprise]), _NOTHING),
                state=standing.state(i),
                points=int(standing.points[i]),
                reporting_points=int(standing.reporting_points[i]),
                **cells,
            )
        )
    return Inventory(seen.clock_ms, seen.since_ms, tuple(rows), tuple(_shares(rows, regions, enterprises)))


def _by_device(table: DeviceTable, seen: Seen) -> dict[str, list[int | None]]:
    """The columns of the points, put together by device."""
    at = table.points
    device, n = table.device[at], len(table)
    summed = {"readings": seen.readings, **{name: seen.counted[name] for name in COUNTED}}
    found: dict[str, list[int | None]] = {name: _sums(column[at], device, n) for name, column in summed.items()}
    found["last_heard_ms"] = _most(seen.heard_ms[at], device, n, NOT_HEARD)
    found["clock_offset_ms"] = _most(-seen.delay_low[at], device, n, -NO_LOW)
    found["delay_ms"] = _most(seen.delay_high[at], device, n, NO_HIGH)
    return found


def _sums(column: I64, device: Index, n: int) -> list[int | None]:
    total = np.zeros(n, dtype=np.int64)
    np.add.at(total, device, column)
    return list(total.tolist())


def _most(column: I64, device: Index, n: int, nothing: int) -> list[int | None]:
    most = np.full(n, nothing, dtype=np.int64)
    np.maximum.at(most, device, column)
    return [None if value == nothing else value for value in most.tolist()]


def _shares(
    rows: Iterable[DeviceRow], regions: Mapping[str, tuple[str, ...]], enterprises: frozenset[str]
) -> Iterable[Share]:
    counts: dict[tuple[Scope, str], dict[State, int]] = {("all", ""): dict.fromkeys(State, 0)}
    for region in sorted({region for name in enterprises for region in regions[name]}):
        counts["region", region] = dict.fromkeys(State, 0)
    for name in sorted(enterprises):
        counts["enterprise", name] = dict.fromkeys(State, 0)
    for row in rows:
        counts["all", ""][row.state] += 1
        counts["enterprise", row.enterprise][row.state] += 1
        for region in regions[row.enterprise]:
            counts["region", region][row.state] += 1
    for (scope, id_), n in counts.items():
        expected, reporting = sum(n.values()), n[State.REPORTING]
        yield Share(
            scope=scope,
            id=id_,
            expected=expected,
            reporting=reporting,
            silent=n[State.SILENT],
            never=n[State.NEVER],
            online_rate=reporting / expected if expected else None,
        )
