"""What a codec hands on: the readable readings of one message, as columns that append without a loop."""

import struct
from collections.abc import Callable, Collection
from typing import Final

import msgspec

from ingest.reason import Reason
from plant.quality import Quality

GRADES: Final = {quality.name.lower(): int(quality) for quality in Quality}
"""A quality as devices write it -> `Quality`."""

Reject = Callable[[Reason, str], None]
"""(reason, detail) of one value, or of a whole message, that is set aside."""

pack_time: Final = struct.Struct("=q").pack
"""One `measured_at_ms` cell; struct.error where it is no int64."""


class Decoded(msgspec.Struct, frozen=True, gc=False):
    """Readings of one message in the order in which they stand in it. All columns have one length."""

    points: bytes
    """uint32 point numbers, native byte order."""
    measured_at_ms: bytes
    """int64 cells, native byte order; NO_TIME_MS and UNREADABLE_TIME_MS as in `plant.quality`."""
    values: Collection[float | None]
    """None is a missing value: a bad reading."""
    qualities: bytes
    """uint8 `Quality` as the device said it."""
    oldest_ms: int
    newest_ms: int
    """The smallest and the largest of `measured_at_ms`."""


NOTHING: Final = Decoded(b"", b"", (), b"", 0, 0)
"""A message that was read and holds no reading."""
