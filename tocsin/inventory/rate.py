"""Online rates over a period, from the log (docs/reference/devices.md)."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from plant.registry import PointRegistry
from tocsin.configuration import Configured
from tocsin.inventory.device_table import DeviceTable, device_table
from tocsin.inventory.inventory import Scope
from tocsin.inventory.listening import Listening
from tocsin.inventory.regions import chosen_enterprises, regions_of
from tocsin.records.parts import LogPart
from tocsin.records.port import Records
from tocsin.runtime.fold import in_groups

Advance = Callable[[float, float], None]
"""(done, total)"""

_TABLES_KEPT: Final = 4


class DeviceOnline(msgspec.Struct, frozen=True, kw_only=True, tag_field="about", tag="device"):
    """One device that was expected for a while within the period."""

    enterprise: str
    device: str
    region: str
    seen: bool
    """Whether it was heard at all before the period's end, as far back as the log goes."""
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
    """The period is [from_ms, to_ms), by received_at: what of the one asked for lies in the log.

    Of a log in several parts, listened_ms, paused_ms and pauses are those of the part that was away for longest. What a
    device is expected to be online is always how long its own part listened.
    """

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
    records: Records,
    from_ms: int | None,
    to_ms: int | None,
    enterprise: str | None,
    region: str | None,
    advance: Advance,
) -> OnlineRate:
    """Read the log from its beginning, also while it is being written. The sites are those that were in force.

    ValueError where the log holds nothing of the period; LookupError for an enterprise or region that never was.
    """
    expected = _Expected(records.registry(), records.resolve)
    begun: list[Listening] = []
    with records.parts() as parts:
        spans = [_Span.of(part, to_ms) for part in parts if part.digest is not None]
        if not spans:
            raise ValueError("the log holds no configuration, so nobody knows which devices were expected")
        done, total = 0, sum(span.entries for span in spans)
        for span in spans:
            listening = _listen(span, expected, from_ms, to_ms, lambda n, done=done: advance(done + n, total))  # type: ignore[misc]
            done += span.entries
            if listening.begun_ms is not None:
                begun.append(listening)
    if not begun:
        raise ValueError("the log holds nothing of that period")
    shown = _shown(begun, expected.regions, chosen_enterprises(expected.regions, enterprise, region))
    ids = records.registry().ids
    heard = frozenset(ids[number] for listening in begun for number in listening.points_heard())
    return msgspec.structs.replace(shown, digest=expected.newest, points_heard=heard)


class _Span(NamedTuple):
    """What is to be read of a part: the entries [start, stop)."""

    part: LogPart
    start: int
    stop: int

    @property
    def entries(self) -> int:
        return max(0, self.stop - self.start)

    @classmethod
    def of(cls, part: LogPart, to_ms: int | None) -> "_Span":
        log = part.log
        # One more than lies before the end: the entry after it tells whether the service listened until then.
        return cls(part, log.first, log.end if to_ms is None else min(log.end, log.position_at(to_ms) + 1))


def _listen(
    span: _Span, expected: "_Expected", from_ms: int | None, to_ms: int | None, advance: Callable[[int], None]
) -> Listening:
    part, start, stop = span

    def table(digest: str) -> DeviceTable:
        return expected.table(digest, part)

    assert part.digest is not None  # noqa: S101 - the caller has looked
    first_ms, end_ms = -(2**62) if from_ms is None else from_ms, 2**62 if to_ms is None else to_ms
    listening = Listening(table(part.digest), table, first_ms, end_ms)
    for group in in_groups(part.log.read(start, stop)) if span.entries else ():
        listening.apply([entry for _, entry in group])
        advance(group[-1][0] + 1 - start)
    listening.finish()
    return listening


def narrowed(rate: OnlineRate, regions: dict[str, tuple[str, ...]], enterprises: frozenset[str]) -> OnlineRate:
    """The same of these enterprises alone; `regions` by enterprise, all the way up."""
    devices = [device for device in rate.devices if device.enterprise in enterprises]
    return msgspec.structs.replace(rate, devices=tuple(devices), shares=tuple(_shares(devices, regions)))


class _Expected:
    """Device tables by digest, and the regions of every enterprise that ever was, as the latest site has them."""

    def __init__(self, registry: PointRegistry, resolve: Callable[[str], Configured]) -> None:
        self.regions: dict[str, tuple[str, ...]] = {}
        self.newest = ""
        """The digest that was asked for last."""
        self._registry, self._resolve = registry, resolve
        self._whole: dict[str, DeviceTable] = {}
        self._part: tuple[str, LogPart, DeviceTable] | None = None

    def table(self, digest: str, part: LogPart) -> DeviceTable:
        """The same object as long as the same is asked for."""
        if self._part is None or self._part[:2] != (digest, part):
            self._part = digest, part, self._of(digest).part(part.has)
        self.newest = digest
        return self._part[2]

    def _of(self, digest: str) -> DeviceTable:
        """The parts of a log go through the same versions one after the other."""
        if digest not in self._whole:
            configured = self._resolve(digest)
            self.regions |= regions_of(configured.site)
            self._whole[digest] = device_table(configured.site, configured.rules, self._registry)
            if len(self._whole) > _TABLES_KEPT:
                del self._whole[next(iter(self._whole))]
        return self._whole[digest]


def _shown(begun: Sequence[Listening], regions: dict[str, tuple[str, ...]], enterprises: frozenset[str]) -> OnlineRate:
    devices = []
    told = {key: listening for listening in begun for key in listening.expected_ms}
    for key, listening in sorted(told.items()):
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
    from_ms = min(listening.begun_ms or 0 for listening in begun)
    to_ms = max(listening.ended_ms for listening in begun)
    least = min(begun, key=lambda listening: listening.listened_ms)
    return OnlineRate(
        from_ms=from_ms,
        to_ms=to_ms,
        listened_ms=least.listened_ms,
        paused_ms=to_ms - from_ms - least.listened_ms,
        pauses=least.pauses,
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
