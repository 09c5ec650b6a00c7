"""Quality of a reading, and the marks that travel beside it in a batch's quality column."""

from enum import IntEnum
from typing import Final


class Quality(IntEnum):
    """What a device (or the gate) says of a value. The number is the low two bits of a batch's quality column."""

    GOOD = 0
    UNCERTAIN = 1
    BAD = 2


QUALITY_MASK: Final = 0x03
"""The bits of a quality cell that hold the `Quality`."""

RETAINED: Final = 0x80
"""Set on a reading that came with MQTT's retain flag: stored, but changes no state, not even arrival."""

NO_TIME_MS: Final = -(2**63)
"""`measured_at_ms` of a reading that carries no timestamp at all: it is taken at received_at, its quality unchanged."""

UNREADABLE_TIME_MS: Final = -(2**63) + 1
"""`measured_at_ms` of a reading whose timestamp could not be read: taken at received_at, good becomes uncertain."""

OLDEST_TIME_MS: Final = 1_420_070_400_000
"""2015-01-01T00:00:00Z. A device's timestamp before this is a clock fault."""

NEWEST_TIME_MS: Final = 4_102_444_800_000
"""2100-01-01T00:00:00Z. The end of the times that a recorded feed may hold."""

AHEAD_MS: Final = 60_000
"""A timestamp further than this after received_at is a clock fault."""
