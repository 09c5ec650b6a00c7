"""The native payload -> readings (docs/reference/mqtt-native.md).

The fast path decodes with fixed types and takes only what it understands in full; at the least doubt the generic
reader reads the message again, value by value.
"""

import struct
from collections.abc import Iterable, Sequence
from itertools import compress
from typing import Final, Literal, cast

import msgspec
from msgspec import UNSET, UnsetType

from ingest.codecs import native_generic
from ingest.codecs.decoded import GRADES, NOTHING, Decoded, Reject, pack_time
from ingest.codecs.timestamp import NEWEST_INT64_MS, read_time_ms
from ingest.lookup import TopicPoints
from plant.quality import NO_TIME_MS, UNREADABLE_TIME_MS

_Time = int | float | str | None
_Graded = Literal["good", "uncertain", "bad"]


class _Values(msgspec.Struct, gc=False):
    values: dict[str, float | None]
    ts: _Time | UnsetType = UNSET


class _Either(msgspec.Struct, gc=False):
    values: dict[str, float | None] | UnsetType = UNSET
    ts: _Time | UnsetType = UNSET
    r: list[tuple[str, _Time, float | None]] | UnsetType = UNSET


class _Graded4(msgspec.Struct, gc=False):
    r: list[tuple[str, _Time, float | None, _Graded]]


_either: Final = msgspec.json.Decoder(_Either).decode
_list: Final = msgspec.json.Decoder(list[_Values]).decode
_graded: Final = msgspec.json.Decoder(_Graded4).decode
_UNREADABLE_BY_MSGSPEC: Final = (msgspec.MsgspecError, ValueError, RecursionError)


def decode(payload: bytes, points: TopicPoints, reject: Reject) -> Decoded | None:
    """The readings of a message; None if it has none that can be read.

    `reject` is called for each value that is set aside, or once for a message that can't be read. Never raises.
    """
    try:
        decoded = _decode_list(payload, points, reject) if payload[:1] == b"[" else _decode_one(payload, points, reject)
    except _UNREADABLE_BY_MSGSPEC:
        decoded = _decode_graded(payload, points, reject)
    if decoded is None:
        decoded = native_generic.decode(payload, points, reject)
    return decoded if decoded is not None and decoded.points else None


def _decode_one(payload: bytes, points: TopicPoints, reject: Reject) -> Decoded | None:
    message = _either(payload)
    values = message.values
    ts = message.ts
    rows = message.r
    if rows is not UNSET:
        if values is not UNSET or ts is not UNSET or not rows:
            return None
        keys, times, numbers = zip(*rows, strict=True)
        if not _colons_are(payload, 1, keys, times):
            return None
        return _of_rows(keys, _row_times(times), numbers, bytes(len(rows)), points, reject)
    if values is UNSET:
        return None
    pairs = len(values) + (1 if ts is UNSET else 2)
    if payload.count(b":") != pairs and not _colons_are(payload, pairs, values, (ts,)):
        return None
    time_ms = ts if type(ts) is int and UNREADABLE_TIME_MS < ts <= NEWEST_INT64_MS else _time_ms(ts)
    resolved = points.resolve(tuple(values))
    found = resolved.points
    count = len(found) >> 2
    if resolved.found is None:
        return Decoded(found, pack_time(time_ms) * count, values.values(), bytes(count), time_ms, time_ms)
    for reason, key in resolved.rejected:
        reject(reason, key)
    kept = list(compress(values.values(), resolved.found))
    return Decoded(found, pack_time(time_ms) * count, kept, bytes(count), time_ms, time_ms)


def _decode_list(payload: bytes, points: TopicPoints, reject: Reject) -> Decoded | None:
    messages = _list(payload)
    pairs = 0
    keys: list[str] = []
    times: list[int] = []
    numbers: list[float | None] = []
    for message in messages:
        pairs += len(message.values) + (1 if message.ts is UNSET else 2)
        time_ms = _time_ms(message.ts)
        keys.extend(message.values)
        numbers.extend(message.values.values())
        times.extend([time_ms] * len(message.values))
    if not keys or not _colons_are(payload, pairs, keys, (m.ts for m in messages)):
        return None
    return _of_rows(tuple(keys), times, numbers, bytes(len(keys)), points, reject)


def _decode_graded(payload: bytes, points: TopicPoints, reject: Reject) -> Decoded | None:
    """The rows form with a quality in every row; None if the message is anything else."""
    if b'"r"' not in payload:
        return None
    try:
        rows = _graded(payload).r
    except _UNREADABLE_BY_MSGSPEC:
        return None
    if not rows:
        return None
    keys, times, numbers, grades = zip(*rows, strict=True)
    if not _colons_are(payload, 1, keys, times):
        return None
    return _of_rows(keys, _row_times(times), numbers, bytes(map(GRADES.__getitem__, grades)), points, reject)


def _of_rows(
    keys: tuple[str, ...],
    times: Sequence[int],
    values: Sequence[float | None],
    qualities: bytes,
    points: TopicPoints,
    reject: Reject,
) -> Decoded:
    resolved = points.resolve(keys)
    if resolved.found is not None:
        for reason, key in resolved.rejected:
            reject(reason, key)
        times = list(compress(times, resolved.found))
        values = list(compress(values, resolved.found))
        qualities = bytes(compress(qualities, resolved.found))
        if not times:
            return NOTHING
    packed = struct.pack(f"={len(times)}q", *times)
    return Decoded(resolved.points, packed, values, qualities, min(times), max(times))


def _row_times(raw: Sequence[_Time]) -> Sequence[int]:
    if set(map(type, raw)) == {int}:
        times = cast(Sequence[int], raw)
        if min(times) > UNREADABLE_TIME_MS and max(times) <= NEWEST_INT64_MS:
            return times
    return [read_time_ms(ts) for ts in raw]


def _time_ms(ts: _Time | UnsetType) -> int:
    return NO_TIME_MS if ts is UNSET else read_time_ms(ts)


def _colons_are(payload: bytes, pairs: int, keys: Iterable[str], times: Iterable[object]) -> bool:
    """Whether every colon is one that was decoded: then no pair was dropped, thus no key stood twice."""
    colons = payload.count(b":")
    if colons == pairs:
        return True
    if b"\\" in payload:  # an escaped colon could stand for a dropped pair
        return False
    inside = sum(key.count(":") for key in keys) + sum(ts.count(":") for ts in times if isinstance(ts, str))
    return colons == pairs + inside
