"""Online rates over a period, from the journal (docs/reference/devices.md)."""

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from plant.registry import PointRegistry
from tocsin.configuration import Configured
from tocsin.inventory.device_table import DeviceTable, device_table
from tocsin.inventory.inventory import Scope
from tocsin.inventory.listening import Listening
from tocsin.inventory.regions import chosen_enterprises, regions_of
from tocsin.log.layout import JOURNAL, REGISTRY
from tocsin.log.reader import JournalReader
from tocsin.log.registry_file import load_registry
from tocsin.log.versions import version_at, versions_of
from tocsin.runtime.fold import in_groups
from tocsin.runtime.reading import resolver

Advance = Callable[[float, float], None]
"""(done, total)"""


class DeviceOnline(msgspec.Struct, frozen=True, kw_only=True, tag_field="about", tag="device"):
    """One device that was expected for a while within the period."""

    enterprise: str
    device: str
    region: str
    seen: bool
    """Whether it was heard at all before the period's end, as far back as the journal goes."""
    online_ms: int
    expected_ms: int
    """How long it stood in the site while the service listened."""
    online_rate: float | None
    """online_ms of expected_ms; None where that is 0."""


class OnlineShare(msgspec.Struct, frozen=True, kw_only=True, tag_field="about", tag="share"):
    """The devices of an enterprise, or of a region with those below it, together. `id` is "" for all."""

    scope: Scope
    id: str
    devices: int
    never: int
    """Devices that were never heard: offline all the time."""
    online_ms: int
    expected_ms: int
    online_rate: float | None


class OnlineRate(msgspec.Struct, frozen=True, kw_only=True):
    """The period is [from_ms, to_ms), by received_at: what of the one asked for lies in the journal."""

    from_ms: int
    to_ms: int
    listened_ms: int
    paused_ms: int
    """What of the period the service was away: in nobody's favour, and in nobody's expected_ms."""
    pauses: int
    devices: tuple[DeviceOnline, ...]
    shares: tuple[OnlineShare, ...]
    digest: str = ""
    """The configuration in force at the end."""
    points_heard: frozenset[str] = frozenset()
    """Points of that configuration from which something came within the period."""


def online_rate(
    data: Path, from_ms: int | None, to_ms: int | None, enterprise: str | None, region: str | None, advance: Advance
) -> OnlineRate:
    """Read the journal of a data folder, also while the service runs. The sites are those that were in force.

    ValueError where the journal holds nothing of the period; LookupError for an enterprise or region that never was.
    """
    reader = JournalReader.open(data / JOURNAL)
    start = reader.first
    # One more than lies before the end: the entry after it tells whether the service listened until then.
    stop = reader.end if to_ms is None else min(reader.end, reader.position_at(to_ms) + 1)
    versions = versions_of(data)
    first = version_at(versions, start)
    if first is None:
        raise ValueError(f"{data}: the journal holds no configuration, so nobody knows which devices were expected")
    expected = _Expected(load_registry(data / REGISTRY), resolver(data))
    listening = Listening(
        expected.table(first.digest),
        expected.table,
        -(2**62) if from_ms is None else from_ms,
        2**62 if to_ms is None else to_ms,
    )
    for group in in_groups(reader.read(start, stop)) if start < stop else ():
        listening.apply([entry for _, entry in group])
        advance(group[-1][0] - start, stop - start)
    listening.finish()
    if listening.begun_ms is None:
        raise ValueError(f"{data}: the journal holds nothing of that period")
    shown = _shown(listening, expected.regions, chosen_enterprises(expected.regions, enterprise, region))
    names = expected.names()
    heard = frozenset(names[number] for number in listening.points_heard())
    return msgspec.structs.replace(shown, digest=expected.digest, points_heard=heard)


def narrowed(rate: OnlineRate, regions: dict[str, tuple[str, ...]], enterprises: frozenset[str]) -> OnlineRate:
    """The same of these enterprises alone; `regions` by enterprise, all the way up."""
    devices = [device for device in rate.devices if device.enterprise in enterprises]
    return msgspec.structs.replace(rate, devices=tuple(devices), shares=tuple(_shares(devices, regions)))


class _Expected:
    """Device tables by digest, and the regions of every enterprise that ever was, as the latest site has them."""

    def __init__(self, registry: PointRegistry, resolve: Callable[[str], Configured]) -> None:
        self.regions: dict[str, tuple[str, ...]] = {}
        self._registry, self._resolve = registry, resolve
        self.digest = ""
        self._table: DeviceTable

    def table(self, digest: str) -> DeviceTable:
        if digest != self.digest:
            configured = self._resolve(digest)
            self.regions |= regions_of(configured.site)
            self.digest, self._table = digest, device_table(configured.site, configured.rules, self._registry)
        return self._table

    def names(self) -> dict[int, str]:
        """Points by number."""
        return {number: point for point, number in self._registry.numbers.items()}


def _shown(listening: Listening, regions: dict[str, tuple[str, ...]], enterprises: frozenset[str]) -> OnlineRate:
    devices = []
    for key in sorted(listening.expected_ms):
        if key.enterprise in enterprises:
            online_ms, expected_ms = listening.online_ms[key], listening.expected_ms[key]
            devices.append(
                DeviceOnline(
                    enterprise=key.enterprise,
                    device=key.device,
                    region=next(iter(regions[key.enterprise]), ""),
                    seen=key in listening.heard,
                    online_ms=online_ms,
                    expected_ms=expected_ms,
                    online_rate=online_ms / expected_ms if expected_ms else None,
                )
            )
    begun_ms, ended_ms = listening.begun_ms or 0, listening.ended_ms
    return OnlineRate(
        from_ms=begun_ms,
        to_ms=ended_ms,
        listened_ms=listening.listened_ms,
        paused_ms=ended_ms - begun_ms - listening.listened_ms,
        pauses=listening.pauses,
        devices=tuple(devices),
        shares=tuple(_shares(devices, regions)),
    )


def _shares(devices: list[DeviceOnline], regions: dict[str, tuple[str, ...]]) -> Iterable[OnlineShare]:
    members: dict[tuple[Scope, str], list[DeviceOnline]] = {("all", ""): devices}
    within = {device.enterprise: regions[device.enterprise] for device in devices}
    for region in sorted({region for above in within.values() for region in above}):
        members["region", region] = []
    for enterprise in sorted(within):
        members["enterprise", enterprise] = []
    for device in devices:
        members["enterprise", device.enterprise].append(device)
        for region in within[device.enterprise]:
            members["region", region].append(device)
    for (scope, id_), of_it in members.items():
        online_ms, expected_ms = sum(d.online_ms for d in of_it), sum(d.expected_ms for d in of_it)
        yield OnlineShare(
            scope=scope,
            id=id_,
            devices=len(of_it),
            never=sum(not d.seen for d in of_it),
            online_ms=online_ms,
            expected_ms=expected_ms,
            online_rate=online_ms / expected_ms if expected_ms else None,
        )
