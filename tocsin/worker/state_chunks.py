"""A shard's state <-> records of the topic `checkpoints`: chunks, and last a manifest that says what they are. Pure.

Keys are `SLOT/NUMBER` for chunks and `SLOT` for the manifest. Checkpoints take turns in two slots, so the one before
stays whole until the next one is. Each chunk begins with the serial of its checkpoint; a manifest whose chunks are not
all there, or of another serial, is passed over.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Final

import msgspec

from plant.entries import Position
from tocsin.log.checkpoint_file import DamagedCheckpointError, State, StateValue, parts, read_index, read_state

CHUNK_BYTES: Final = 480_000
"""With key and headers it fits where a broker allows half a megabyte."""

_SLOTS: Final = 2
_SERIAL: Final = struct.Struct("<Q")
_FORMAT: Final = 1


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a checkpoint is of, and what it consists of."""

    serial: int
    next: Position
    """The input offset: all entries before it are in the state."""
    state_version: int
    partitions: int
    """Of `readings`: another division has other shards."""
    version: int
    """Of the configuration."""
    chunks: int
    size: int
    crc: int
    v: int = _FORMAT


class Found(msgspec.Struct, frozen=True):
    """A whole checkpoint, and why newer ones were passed over."""

    manifest: Manifest
    state: dict[str, StateValue]


class ChunkedState:
    """Cuts a dumped state into chunks, as they are asked for; afterwards `manifest` can be had."""

    def __init__(self, serial: int, state: State, *, next: Position, state_version: int) -> None:
        """The arrays must not change meanwhile."""
        self._serial = serial
        self._pieces = parts(next, "", state_version, state)
        self._next, self._state_version = next, state_version
        self._count = self._size = self._crc = 0

    def chunks(self) -> Iterator[tuple[bytes, bytes]]:
        """(key, value) of each."""
        slot, head = self._serial % _SLOTS, _SERIAL.pack(self._serial)
        for piece in _cut(self._pieces):
            yield b"%d/%d" % (slot, self._count), head + piece
            self._count += 1
            self._size += len(piece)
            self._crc = zlib.crc32(piece, self._crc)

    def manifest(self, partitions: int, version: int) -> tuple[bytes, bytes]:
        """(key, value), once all chunks were had."""
        manifest = Manifest(
            serial=self._serial,
            next=self._next,
            state_version=self._state_version,
            partitions=partitions,
            version=version,
            chunks=self._count,
            size=self._size,
            crc=self._crc,
        )
        return b"%d" % (self._serial % _SLOTS), msgspec.msgpack.encode(manifest)

    @property
    def size(self) -> int:
        """Bytes cut so far."""
        return self._size


class Chunks:
    """Takes records as they stand in the topic; of several of one key the last one counts."""

    def __init__(self) -> None:
        self._chunks: dict[bytes, bytes] = {}
        self._manifests: dict[bytes, bytes] = {}

    def take(self, key: bytes | None, value: bytes | None) -> None:
        if key is not None and value is not None:
            (self._chunks if b"/" in key else self._manifests)[key] = value

    @property
    def newest_serial(self) -> int:
        """Of all manifests, whole or not; 0 where there is none."""
        return max((m.serial for m in self._read_manifests([])), default=0)

    def newest(self, state_version: int, partitions: int) -> tuple[Found | None, list[str]]:
        """The newest whole checkpoint of this state version and division, and why newer ones were passed over."""
        passed_over: list[str] = []
        manifests = self._read_manifests(passed_over)
        for manifest in sorted(manifests, key=lambda m: m.serial, reverse=True):
            try:
                if manifest.state_version != state_version:
                    raise DamagedCheckpointError(
                        f"state version {manifest.state_version}, this is version {state_version}"
                    )
                if manifest.partitions != partitions:
                    raise DamagedCheckpointError(f"of {manifest.partitions} partitions, there are {partitions}")
                return Found(manifest, self._state(manifest)), passed_over
            except DamagedCheckpointError as error:
                passed_over.append(f"checkpoint {manifest.serial}: {error}")
        return None, passed_over

    def _read_manifests(self, passed_over: list[str]) -> list[Manifest]:
        found: list[Manifest] = []
        for key, value in self._manifests.items():
            try:
                manifest = msgspec.msgpack.decode(value, type=Manifest)
            except msgspec.MsgspecError as error:
                passed_over.append(f"manifest {key!r} can't be read: {error}")
                continue
            if manifest.v == _FORMAT:
                found.append(manifest)
            else:
                passed_over.append(f"manifest {key!r}: format {manifest.v} is not known, this version reads {_FORMAT}")
        return found

    def _state(self, manifest: Manifest) -> dict[str, StateValue]:
        pieces = [self._piece(manifest, i) for i in range(manifest.chunks)]
        whole = b"".join(pieces)
        if len(whole) != manifest.size or zlib.crc32(whole) != manifest.crc:
            raise DamagedCheckpointError("its chunks do not give what the manifest says")
        file = BytesIO(whole)
        return read_state(file, read_index(file))

    def _piece(self, manifest: Manifest, i: int) -> bytes:
        chunk = self._chunks.get(b"%d/%d" % (manifest.serial % _SLOTS, i), b"")
        if len(chunk) < _SERIAL.size or _SERIAL.unpack_from(chunk)[0] != manifest.serial:
            raise DamagedCheckpointError(f"chunk {i} of {manifest.chunks} is not there, or another checkpoint's")
        return chunk[_SERIAL.size :]


def _cut(pieces: Iterable[bytes | bytearray | memoryview]) -> Iterator[bytes]:
    """The same bytes in pieces of CHUNK_BYTES, the last one smaller."""
    waiting = bytearray()
    for piece in pieces:
        view = memoryview(piece)
        while len(view):
            room = CHUNK_BYTES - len(waiting)
            waiting += view[:room]
            view = view[room:]
            if len(waiting) == CHUNK_BYTES:
                yield bytes(waiting)
                waiting.clear()
    if waiting:
        yield bytes(waiting)
