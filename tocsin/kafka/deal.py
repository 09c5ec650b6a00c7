"""A log that was one, as the logs of the shards: what a bridge would have written of it. Pure.

Each shard gets its part of every entry, and a tick where a second passes without another. Sources keep their names, so
the second stage sees one connection where bridges would each have their own.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from plant.entries import (
    Act,
    Configuration,
    DisposalAction,
    Entry,
    NoticeAction,
    OperatorAction,
    OverrideAction,
    OwnCondition,
    Readings,
    Tick,
)
from tocsin.configuration import Configured
from tocsin.kafka.arrival import after
from tocsin.kafka.division import Division
from tocsin.kafka.topics import Shard

TICK_MS: Final = 1000
MOST_READINGS: Final = 250_000
"""Of one record: 6 MB, of the 8 that a topic takes."""

Switch = Callable[[Configuration], tuple[Configuration, Division]]
"""A configuration as one log names it -> as the shards' logs name it (by its version), and the division it makes."""

EnterpriseOf = Callable[[str], str | None]
"""The enterprise of an alarm's id; None where nobody knows that alarm."""


@dataclass(slots=True)
class Loaded:
    """What became of the entries."""

    entries: int = 0
    """Of the one log."""
    readings: int = 0
    """In them, those of points that no version in force has included."""
    records: int = 0
    """In the shards' logs, ticks included."""
    record_bytes: int = 0
    """Of their values."""
    left_out: int = 0
    """People's acts on alarms that nobody knows."""
    last_ms: int = 0
    """received_at of the last entry."""


def under(entries: Iterable[Entry], configured: Configured, version: int, who: str = "load") -> Iterator[Entry]:
    """Entries that name no configuration, with this one in force from 1 ms before the first."""
    rest = iter(entries)
    first = next(rest, None)
    if first is None:
        return
    yield Configuration(first.received_at_ms - 1, "site", configured.digest, who, version=version)
    yield from chain((first,), rest)


def deal(
    entries: Iterable[Entry],
    division: Division,
    loaded: Loaded,
    *,
    switch: Switch | None = None,
    enterprise_of: EnterpriseOf | None = None,
) -> Iterator[tuple[Shard, Entry]]:
    """The entries of the shards' logs; `loaded` counts. Pure. Times are strictly increasing in each shard.

    Every shard begins with the first entry's time, has a tick where a second passes, and ends with the last's.
    """
    last_ms: list[int | None] = [None] * (division.partitions + 1)
    now_ms: int | None = None
    checked_ms: int | None = None

    def silent(limit_ms: int, at_ms: int) -> Iterator[tuple[Shard, Entry]]:
        for shard, last in enumerate(last_ms):
            if last is None or last <= limit_ms:
                last_ms[shard] = at_ms
                yield shard, Tick(at_ms)

    for entry in entries:
        # Once all entries of a time are there, ticks of that time can follow.
        due = checked_ms is None or (now_ms or 0) - checked_ms >= TICK_MS
        if now_ms is not None and entry.received_at_ms > now_ms and due:
            yield from silent(now_ms - TICK_MS, now_ms)
            checked_ms = now_ms
        now_ms = entry.received_at_ms if now_ms is None else max(now_ms, entry.received_at_ms)
        loaded.entries += 1
        loaded.last_ms = now_ms
        if isinstance(entry, Configuration) and switch is not None:
            entry, division = switch(entry)
        if isinstance(entry, Act):
            shard = shard_of_act(entry, division, enterprise_of)
            parts: Iterable[tuple[Shard, Entry]] = () if shard is None else ((shard, entry),)
            loaded.left_out += shard is None
        else:
            parts = division.split(entry)
        if isinstance(entry, Readings):
            loaded.readings += len(entry.batch)
        for shard, part in parts:
            for piece in _pieces(part):
                written = after(piece, last_ms[shard])
                last_ms[shard] = written.received_at_ms
                yield shard, written
    if now_ms is not None:
        yield from silent(now_ms - 1, now_ms)


def shard_of_act(act: Act, division: Division, enterprise_of: EnterpriseOf | None = None) -> Shard | None:
    """Whose log a person's act is written to; None where it is about an alarm that nobody knows.

    The shard of the alarm's enterprise; of an override, that of what it is about, and the second stage's where that is
    a rule; of an own condition, that of its enterprise.
    """
    match act:
        case OperatorAction() | DisposalAction():
            enterprise = enterprise_of(act.alarm) if enterprise_of is not None else None
        case NoticeAction():
            enterprise = enterprise_of(act.call.partition(".")[0]) if enterprise_of is not None else None
        case OwnCondition():
            enterprise = act.enterprise
        case OverrideAction():
            enterprise = _enterprise_overridden(act, division)
    return None if enterprise is None else division.shard_of(enterprise)


def _enterprise_overridden(act: OverrideAction, division: Division) -> str:
    site = division.site
    match act.scope:
        case "enterprise":
            return act.subject
        case "unit":
            unit = site.units.get(act.subject)
            return unit.enterprise if unit is not None else ""
        case "point":
            point = site.points.get(act.subject)
            return point.enterprise if point is not None else ""
        case "device":
            return next((point.enterprise for point in site.points.values() if point.device == act.subject), "")
        case "rule":
            return ""


def _pieces(entry: Entry) -> Iterator[Entry]:
    """The entry, or where a record would be too large, entries that hold its readings one part after the other."""
    if not isinstance(entry, Readings) or len(entry.batch) <= MOST_READINGS:
        yield entry
        return
    for start in range(0, len(entry.batch), MOST_READINGS):
        keys = entry.redelivery_keys if start == 0 else ()
        yield Readings(
            entry.received_at_ms, entry.batch.select(slice(start, start + MOST_READINGS)), entry.source, keys
        )
