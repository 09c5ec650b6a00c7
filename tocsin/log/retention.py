"""Which old segments may go, and taking them away."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from plant.entries import Position
from tocsin.log.errors import LogCorruptError
from tocsin.log.files import sync_directory
from tocsin.log.recovery import CUT_SUFFIX
from tocsin.log.segment import Segment
from tocsin.log.segments import Segments


@dataclass(frozen=True, slots=True)
class Dropped:
    """What retention did. `held_bytes` > 0: that much is above the size bound but still needed by somebody."""

    segments: tuple[Segment, ...]
    bytes: int
    first: Position
    held_bytes: int


def sizes(segments: Segments) -> dict[Position, int]:
    """The bytes of each segment, by its first position; those removed meanwhile are left out."""
    found: dict[Position, int] = {}
    for segment in segments.all:
        with contextlib.suppress(FileNotFoundError):
            found[segment.first] = segment.path.stat().st_size
    return found


def choose(segments: Segments, limit_ms: int, keep_from: Position, max_bytes: int | None) -> Dropped:
    """The segments that may go, oldest first.

    One may go when all its entries were received before `limit_ms`, or when all segments together take more than
    `max_bytes`; never one with an entry at or after `keep_from`, and never the last.
    """
    rest = list(segments.all)
    size_of = sizes(segments)
    total = sum(size_of.values())
    chosen: list[Segment] = []
    while len(rest) > 1 and rest[1].first <= keep_from:
        over = max_bytes is not None and total > max_bytes
        if not over and not _all_before(segments, rest[1:], limit_ms):
            break
        segment = rest.pop(0)
        total -= size_of.get(segment.first, 0)
        chosen.append(segment)
    held = max(0, total - max_bytes) if max_bytes is not None else 0
    return Dropped(
        tuple(chosen), sum(size_of.get(segment.first, 0) for segment in chosen), rest[0].first if rest else 0, held
    )


def remove(directory: Path, dropped: Dropped) -> None:
    """Unlink what was chosen, oldest first so that a crash leaves no hole, and the cuts kept from that time."""
    if not dropped.segments:
        return
    for segment in dropped.segments:
        segment.path.unlink(missing_ok=True)
    for cut in directory.glob(f"*{CUT_SUFFIX}"):
        with contextlib.suppress(ValueError):
            if int(cut.name.split(".")[0]) < dropped.first:
                cut.unlink(missing_ok=True)
    sync_directory(directory)


def _all_before(segments: Segments, following: Sequence[Segment], limit_ms: int) -> bool:
    """Whether everything before `following` is older than the limit: times never decrease, so its start tells."""
    for segment in following:
        # A damaged or missing header says nothing; a later segment's start is a safe, if later, bound.
        with contextlib.suppress(LogCorruptError, LookupError):
            return segments.started_ms(segment) < limit_ms
    return False
