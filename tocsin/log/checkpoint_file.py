"""The file of one checkpoint.

Magic, the items' bytes one after another, a MessagePack index with a checksum for each item, then the index's length
and checksum and the magic again. Arrays are raw buffers: no pickle, no compression.
"""

import os
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from plant.entries import Position
from tocsin.log.files import Bytes

StateValue = NDArray[np.generic] | bytes | str | int | float
State = Mapping[str, StateValue]

_MAGIC: Final = b"TOCSINC1"
_TRAILER: Final = struct.Struct("<II8s")


class Item(msgspec.Struct, frozen=True):
    """An array (dtype and shape given), bytes (neither), or a value that stands in the index itself."""

    name: str
    length: int = 0
    crc: int = 0
    dtype: str | None = None
    shape: tuple[int, ...] = ()
    value: str | int | float | None = None


class Index(msgspec.Struct, frozen=True):
    """What stands in a checkpoint, its items in the order of their bytes."""

    position: Position
    rule_digest: str
    state_version: int
    items: list[Item]


class DamagedCheckpointError(Exception):
    """The file of a checkpoint is torn or has changed."""


def parts(position: Position, rule_digest: str, state_version: int, state: State) -> Iterator[Bytes]:
    """The bytes of a checkpoint's file, piece by piece. TypeError at once for a value that can't be kept."""
    flat = [_flat(name, value) for name, value in state.items()]
    return _parts(Index(position, rule_digest, state_version, [item for item, _ in flat]), [data for _, data in flat])


def _parts(index: Index, pieces: Sequence[Bytes]) -> Iterator[Bytes]:
    yield _MAGIC
    items: list[Item] = []
    for item, data in zip(index.items, pieces, strict=True):
        items.append(msgspec.structs.replace(item, crc=zlib.crc32(data)))
        yield data
    end = msgspec.msgpack.encode(msgspec.structs.replace(index, items=items))
    yield end
    yield _TRAILER.pack(len(end), zlib.crc32(end), _MAGIC)


def read_index(file: BinaryIO) -> Index:
    """What a checkpoint's file says it holds. DamagedCheckpointError if that can't be trusted."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if size < len(_MAGIC) + _TRAILER.size or file.read(len(_MAGIC)) != _MAGIC:
        raise DamagedCheckpointError("this is no checkpoint, or its beginning is damaged")
    file.seek(size - _TRAILER.size)
    length, crc, magic = _TRAILER.unpack(_read(file, bytearray(_TRAILER.size)))
    start = size - _TRAILER.size - length
    if magic != _MAGIC or start < len(_MAGIC):
        raise DamagedCheckpointError("the checkpoint is cut short")
    file.seek(start)
    data = _read(file, bytearray(length))
    if zlib.crc32(data) != crc:
        raise DamagedCheckpointError("the checksum of the checkpoint's index does not match")
    try:
        index = msgspec.msgpack.decode(data, type=Index)
    except msgspec.MsgspecError as error:
        raise DamagedCheckpointError(f"the checkpoint's index can't be read: {error}") from error
    if len(_MAGIC) + sum(item.length for item in index.items) != start:
        raise DamagedCheckpointError("the checkpoint's items do not fit its length")
    return index


def read_state(file: BinaryIO, index: Index) -> dict[str, StateValue]:
    """The values, each checked; arrays are writable. DamagedCheckpointError if one has changed."""
    file.seek(len(_MAGIC))
    return {item.name: _read_item(file, item) for item in index.items}


def _read_item(file: BinaryIO, item: Item) -> StateValue:
    if item.value is not None:
        return item.value
    if item.dtype is None:
        data = bytes(_read(file, bytearray(item.length)))
        _check(item, data)
        return data
    array = np.empty(item.shape, np.dtype(item.dtype))
    if array.size:
        _check(item, _read(file, array.reshape(-1).view(np.uint8).data))
    return array


def _check(item: Item, data: Bytes) -> None:
    if zlib.crc32(data) != item.crc:
        raise DamagedCheckpointError(f"the checksum of {item.name!r} does not match")


def _read(file: BinaryIO, into: bytearray | memoryview) -> bytearray | memoryview:
    """Fill `into` from the file and hand it back."""
    rest = memoryview(into)
    while rest:
        got = file.readinto(rest)  # type: ignore[attr-defined]
        if not got:
            raise DamagedCheckpointError("the checkpoint is cut short")
        rest = rest[got:]
    return into


def _flat(name: str, value: StateValue) -> tuple[Item, Bytes]:
    """The index entry of a value, its checksum still missing, and its bytes."""
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject or value.dtype.names:
            raise TypeError(f"state {name!r} is an array of {value.dtype}, allowed are plain numbers, flags and text")
        array = np.ascontiguousarray(value)
        data = array.reshape(-1).view(np.uint8).data if array.size else b""
        return Item(name, array.nbytes, dtype=value.dtype.str, shape=value.shape), data
    if isinstance(value, bytes):
        return Item(name, len(value)), value
    if isinstance(value, str | int | float):
        return Item(name, value=value), b""
    raise TypeError(f"state {name!r} is a {type(value).__name__}, allowed are arrays, bytes, str, int and float")
