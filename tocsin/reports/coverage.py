"""The report of coverage: is everything that must be watched there, watched, and heard?"""

from typing import Literal

import msgspec

from plant.site import Site
from tocsin.inventory.rate import OnlineRate
from tocsin.reports.scope import Scope, members_of, names_of

Why = Literal["no point", "not heard"]


class Share(msgspec.Struct, frozen=True):
    """A place: kinds required at its units, how many of those are covered, and how long its devices were online."""

    kind: Literal["all", "region", "park", "enterprise"]
    id: str
    name: str
    enterprises: int
    without_points: int
    """Enterprises without a single point."""
    required: int
    covered: int
    coverage: float | None
    """None where nothing is required."""
    devices: int
    online_ms: int
    expected_ms: int
    online_rate: float | None


class Gap(msgspec.Struct, frozen=True):
    """A kind that a unit must have, and has not."""

    enterprise: str
    unit: str
    kind: str
    why: Why


class Coverage(msgspec.Struct, frozen=True):
    """`from_ms` to `to_ms` is what of the period lies in the journal. The site is the one in force at its end."""

    from_ms: int
    to_ms: int
    listened_ms: int
    paused_ms: int
    shares: tuple[Share, ...]
    """All, then regions, parks and enterprises, each by id."""
    gaps: tuple[Gap, ...]
    without_points: tuple[str, ...]


def coverage_report(site: Site, rate: OnlineRate, scope: Scope) -> Coverage:
    """Hold what was heard against what units require. A required kind is a kind of points, letter by letter."""
    heard: set[tuple[str, str]] = set()
    there: set[tuple[str, str]] = set()
    with_points = set()
    for point in site.points.values():
        there.add((point.unit, point.kind))
        with_points.add(point.enterprise)
        if point.point in rate.points_heard:
            heard.add((point.unit, point.kind))
    required = dict.fromkeys(scope.enterprises, 0)
    covered = dict.fromkeys(scope.enterprises, 0)
    gaps = []
    for unit in site.units.values():
        if unit.enterprise not in required:
            continue
        for kind in dict.fromkeys(unit.required):
            required[unit.enterprise] += 1
            if (unit.unit, kind) in heard:
                covered[unit.enterprise] += 1
            else:
                why: Why = "not heard" if (unit.unit, kind) in there else "no point"
                gaps.append(Gap(unit.enterprise, unit.unit, kind, why))
    names = names_of(site)
    groups = {("all", ""): sorted(scope.enterprises), **members_of(site, scope.enterprises)}
    order = ("all", "region", "park", "enterprise")
    shares = []
    devices_of = _devices_of(rate)
    for (group, id_), members in sorted(groups.items(), key=lambda item: (order.index(item[0][0]), item[0][1])):
        devices = [device for name in members for device in devices_of.get(name, ())]
        whole, have = sum(required[m] for m in members), sum(covered[m] for m in members)
        online_ms, expected_ms = sum(d[0] for d in devices), sum(d[1] for d in devices)
        shares.append(
            Share(
                kind=group,  # type: ignore[arg-type]
                id=id_,
                name=names.get(group, {}).get(id_, ""),
                enterprises=len(members),
                without_points=sum(m not in with_points for m in members),
                required=whole,
                covered=have,
                coverage=have / whole if whole else None,
                devices=len(devices),
                online_ms=online_ms,
                expected_ms=expected_ms,
                online_rate=online_ms / expected_ms if expected_ms else None,
            )
        )
    return Coverage(
        from_ms=rate.from_ms,
        to_ms=rate.to_ms,
        listened_ms=rate.listened_ms,
        paused_ms=rate.paused_ms,
        shares=tuple(shares),
        gaps=tuple(sorted(gaps, key=lambda g: (g.enterprise, g.unit, g.kind))),
        without_points=tuple(sorted(scope.enterprises - with_points)),
    )


def _devices_of(rate: OnlineRate) -> dict[str, list[tuple[int, int]]]:
    """(online_ms, expected_ms) of each device, by enterprise."""
    found: dict[str, list[tuple[int, int]]] = {}
    for device in rate.devices:
        found.setdefault(device.enterprise, []).append((device.online_ms, device.expected_ms))
    return found
