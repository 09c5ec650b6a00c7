"""Devices, online rates and coverage as of now, out of what was heard of each point."""

from collections.abc import Iterable
from typing import Final

from plant.registry import PointRegistry
from plant.site import Site
from tocsin.history.states.line import line
from tocsin.inventory.device_table import DeviceTable
from tocsin.inventory.health import NOT_HEARD
from tocsin.inventory.inventory import DeviceRow, Inventory, Share, make_inventory
from tocsin.inventory.seen import COUNTED, Seen
from tocsin.inventory.standing import State
from tocsin.reports.scope import members_of, names_of

HEARD_WITHIN_MS: Final = 86_400_000
"""A required kind is covered where a point of it was heard within so long."""

_STATES: Final = {State.REPORTING: 0, State.SILENT: 1, State.NEVER: 2}


def device_lines(site: Site, table: DeviceTable, seen: Seen, registry: PointRegistry, at_ns: int) -> list[str]:
    """`device`, `online` and `coverage`."""
    inventory = make_inventory(site, table, seen, frozenset(site.enterprises))
    return [*_devices(inventory, at_ns), *_online(site, inventory, at_ns), *_coverage(site, seen, registry, at_ns)]


def _devices(inventory: Inventory, at_ns: int) -> Iterable[str]:
    return (_device(row, at_ns) for row in inventory.devices)


def _device(row: DeviceRow, at_ns: int) -> str:
    return line(
        "device",
        {"enterprise": row.enterprise, "device": row.device},
        {
            "name": row.name or row.device,
            "state": _STATES[row.state],
            "points": row.points,
            "reporting_points": row.reporting_points,
            "readings": row.readings,
            **{name: getattr(row, name) for name in COUNTED},
            "last_heard_at": row.last_heard_ms,
            "clock_offset_s": None if row.clock_offset_ms is None else row.clock_offset_ms / 1000,
            "delay_s": None if row.delay_ms is None else row.delay_ms / 1000,
        },
        at_ns,
    )


def _online(site: Site, inventory: Inventory, at_ns: int) -> Iterable[str]:
    names = names_of(site)
    return (_share(share, names.get(share.scope, {}).get(share.id, site.name), at_ns) for share in inventory.shares)


def _share(share: Share, name: str, at_ns: int) -> str:
    return line(
        "online",
        {"scope": share.scope, "place": share.id},
        {
            "name": name,
            "expected": share.expected,
            "reporting": share.reporting,
            "silent": share.silent,
            "never": share.never,
            "rate": share.online_rate,
        },
        at_ns,
    )


def _coverage(site: Site, seen: Seen, registry: PointRegistry, at_ns: int) -> Iterable[str]:
    heard: set[tuple[str, str]] = set()
    there: set[tuple[str, str]] = set()
    for point in site.points.values():
        there.add((point.unit, point.kind))
        number = registry.number_of(point.point)
        if number is not None and number < len(seen.heard_ms):
            at_ms = int(seen.heard_ms[number])
            if at_ms != NOT_HEARD and seen.clock_ms - at_ms <= HEARD_WITHIN_MS:
                heard.add((point.unit, point.kind))
    counts = {name: [0, 0, 0] for name in site.enterprises}
    """Required, without a point, not heard."""
    for unit in site.units.values():
        for kind in dict.fromkeys(unit.required):
            count = counts[unit.enterprise]
            count[0] += 1
            count[1] += (unit.unit, kind) not in there
            count[2] += (unit.unit, kind) in there and (unit.unit, kind) not in heard
    names = names_of(site)
    groups = {("all", ""): list(counts), **members_of(site, frozenset(counts))}
    for (scope, place), members in groups.items():
        required, no_point, not_heard = (sum(counts[name][i] for name in members) for i in range(3))
        covered = required - no_point - not_heard
        yield line(
            "coverage",
            {"scope": scope, "place": place},
            {
                "name": names.get(scope, {}).get(place) or place or site.name,
                "required": required,
                "covered": covered,
                "no_point": no_point,
                "not_heard": not_heard,
                "rate": covered / required if required else None,
            },
            at_ns,
        )
