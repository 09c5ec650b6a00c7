"""Entries that are appended together: one run of frames, written and synced at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from plant.entries import Entry, Position
from tocsin.log import codec, frame
from tocsin.log.errors import CodecError
from tocsin.log.files import Bytes


@dataclass(frozen=True, slots=True)
class Group:
    """The frames of some entries; `starts` are their offsets in `data`, in bytes."""

    data: bytes
    starts: tuple[int, ...]
    first_received_at_ms: int
    last_received_at_ms: int


def build_group(entries: Sequence[Entry], first: Position, not_before_ms: int | None) -> Group:
    """The frames of `entries` (at least one) from position `first` on, none with a time below `not_before_ms`.

    CodecError if one of them can't be written.
    """
    parts: list[Bytes] = []
    starts: list[int] = []
    size = 0
    last_ms = entries[0].received_at_ms if not_before_ms is None else max(entries[0].received_at_ms, not_before_ms)
    first_ms = last_ms
    for position, entry in enumerate(entries, first):
        last_ms = max(last_ms, entry.received_at_ms)
        kind, payload = codec.encode(entry)
        try:
            built, length = frame.build(position, last_ms, kind, codec.VERSION, payload)
        except ValueError as error:
            raise CodecError(f"{type(entry).__name__} can't be written: {error}") from error
        starts.append(size)
        size += length
        parts.extend(built)
    return Group(b"".join(parts), tuple(starts), first_ms, last_ms)
