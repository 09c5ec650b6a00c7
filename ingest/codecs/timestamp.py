"""A device's `ts` -> measured_at_ms. Never raises: what can't be read costs its reading only trust."""

from datetime import UTC, datetime, timedelta
from typing import Final

from plant.quality import NO_TIME_MS, UNREADABLE_TIME_MS

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)

NEWEST_INT64_MS: Final = 2**63 - 1


def read_time_ms(ts: object) -> int:
    """ms since the epoch as a number (finer is cut) or RFC 3339 text with an offset; None is NO_TIME_MS.

    Everything else, also what does not fit into 64 bits, is UNREADABLE_TIME_MS.
    """
    if ts is None:
        return NO_TIME_MS
    if isinstance(ts, str):
        return _read_text(ts)
    if isinstance(ts, bool) or not isinstance(ts, int | float):
        return UNREADABLE_TIME_MS
    try:
        time_ms = int(ts)
    except (ValueError, OverflowError):  # NaN, infinite
        return UNREADABLE_TIME_MS
    return time_ms if UNREADABLE_TIME_MS < time_ms <= NEWEST_INT64_MS else UNREADABLE_TIME_MS


def _read_text(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return UNREADABLE_TIME_MS
        return (moment - _EPOCH) // _MILLISECOND
    except (ValueError, OverflowError):
        return UNREADABLE_TIME_MS
