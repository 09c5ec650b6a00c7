"""Entry <-> the payload of a frame.

A payload is told apart by (kind, version), which stand in the frame beside `received_at_ms` (tocsin.log.frame), so
neither is repeated here. Readings are columns, so that reading them back costs four array views; the other entries
are few and are MessagePack maps by field name.

Readings, version 1, little-endian, n readings and k redelivery keys:

    u4 n, u4 k, u4 length of the source name, u4 zero
    i8[n] measured_at_ms   f8[n] value   u8[k] redelivery keys   u4[n] point   u1[n] quality   source name in UTF-8
"""

import struct
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from plant.batch import Batch
from plant.entries import (
    Act,
    Configuration,
    DeviceDown,
    DisposalAction,
    Entry,
    NoticeAction,
    OperatorAction,
    OverrideAction,
    OwnCondition,
    Readings,
    SourceDown,
    SourceUp,
    Tick,
)
from tocsin.log.errors import CodecError
from tocsin.log.files import Bytes

VERSION: Final = 1

READINGS: Final = 1
TICK: Final = 2

_RARE: Final[dict[int, type[SourceUp | SourceDown | DeviceDown | Configuration | Act]]] = {
    3: SourceUp,
    4: SourceDown,
    5: Configuration,
    6: OperatorAction,
    7: DeviceDown,
    8: OverrideAction,
    9: DisposalAction,
    10: NoticeAction,
    11: OwnCondition,
}
_KIND_OF: Final = {kind: number for number, kind in _RARE.items()}

_HEAD: Final = struct.Struct("<IIII")
_TIME: Final = np.dtype("<i8")
_VALUE: Final = np.dtype("<f8")
_POINT: Final = np.dtype("<u4")
_QUALITY: Final = np.dtype("u1")
_BYTES_A_READING: Final = 8 + 8 + 4 + 1


def encode(entry: Entry) -> tuple[int, list[Bytes]]:
    """The kind of an entry and its payload in parts that follow each other. CodecError if a field can't be written."""
    if isinstance(entry, Readings):
        return READINGS, _encode_readings(entry)
    if isinstance(entry, Tick):
        return TICK, []
    kind = _KIND_OF.get(type(entry))
    if kind is None:
        raise CodecError(f"{type(entry).__name__} is no entry of the log")
    try:
        fields = msgspec.to_builtins(entry)
        del fields["received_at_ms"]
        return kind, [msgspec.msgpack.encode(fields)]
    except (UnicodeEncodeError, OverflowError, TypeError) as error:
        raise CodecError(f"{type(entry).__name__} can't be written: {error}") from error


def decode(kind: int, version: int, received_at_ms: int, data: bytes, start: int, length: int) -> Entry:
    """The entry whose payload is data[start : start + length].

    The arrays of a batch are read-only views into `data`. CodecError for a kind or version that is not known here
    and for a payload that is none.
    """
    if version != VERSION:
        raise CodecError(f"entry format {version} is not known, this version of Tocsin reads format {VERSION}")
    if kind == READINGS:
        return _decode_readings(received_at_ms, data, start, length)
    if kind == TICK:
        return Tick(received_at_ms)
    rare = _RARE.get(kind)
    if rare is None:
        raise CodecError(f"entry kind {kind} is not known, allowed are 1 to {max(_RARE)}")
    try:
        fields = msgspec.msgpack.decode(memoryview(data)[start : start + length], type=dict)
        return msgspec.convert({**fields, "received_at_ms": received_at_ms}, rare)
    except msgspec.MsgspecError as error:
        raise CodecError(f"{rare.__name__} can't be read: {error}") from error


def _encode_readings(entry: Readings) -> list[Bytes]:
    batch = entry.batch
    try:
        source = entry.source.encode()
        keys = struct.pack(f"<{len(entry.redelivery_keys)}Q", *entry.redelivery_keys)
    except (UnicodeEncodeError, struct.error) as error:
        raise CodecError(f"Readings can't be written: {error}") from error
    return [
        _HEAD.pack(len(batch), len(entry.redelivery_keys), len(source), 0),
        _column(batch.measured_at_ms, _TIME),
        _column(batch.value, _VALUE),
        keys,
        _column(batch.point, _POINT),
        _column(batch.quality, _QUALITY),
        source,
    ]


def _column(array: NDArray[np.generic], dtype: np.dtype[np.generic]) -> memoryview:
    # No silent cast: a point number that does not fit would become another point's.
    if array.dtype != dtype:
        raise CodecError(f"Readings can't be written: a column is {array.dtype}, allowed is {dtype}")
    return np.ascontiguousarray(array).data


def _decode_readings(received_at_ms: int, data: bytes, start: int, length: int) -> Readings:
    if length < _HEAD.size:
        raise CodecError("Readings are cut short")
    n, k, source_length, _ = _HEAD.unpack_from(data, start)
    if length != _HEAD.size + n * _BYTES_A_READING + k * 8 + source_length:
        raise CodecError("the length of Readings does not fit their number")
    times = start + _HEAD.size
    values = times + 8 * n
    keys = values + 8 * n
    points = keys + 8 * k
    qualities = points + 4 * n
    source = qualities + n
    batch = Batch(
        np.frombuffer(data, _POINT, n, points),
        np.frombuffer(data, _TIME, n, times),
        np.frombuffer(data, _VALUE, n, values),
        np.frombuffer(data, _QUALITY, n, qualities),
    )
    return Readings(
        received_at_ms,
        batch,
        data[source : source + source_length].decode(),
        struct.unpack_from(f"<{k}Q", data, keys) if k else (),
    )
