"""Times as a mapping describes them -> measured_at_ms. Never raises."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from ingest.codecs.mapping.schema import TimeMapping
from ingest.codecs.timestamp import read_time_ms
from plant.quality import NO_TIME_MS, UNREADABLE_TIME_MS

_PER_MS: Final = {"s": 0.001, "ms": 1.0, "us": 1e3, "ns": 1e6}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_MOST_REMEMBERED: Final = 4_096


def time_reader(mapping: TimeMapping) -> Callable[[Any], int]:
    """What reads the JSON value at the mapping's path; None is NO_TIME_MS."""
    if "%" in mapping.format:
        return _Pattern(mapping.format, ZoneInfo(mapping.timezone) if mapping.timezone else None).read
    if mapping.format == "rfc3339":
        return lambda value: read_time_ms(value) if isinstance(value, str | None) else UNREADABLE_TIME_MS
    per_ms = _PER_MS[mapping.format]

    def read(value: Any) -> int:
        if value.__class__ is int and per_ms == 1.0:
            return read_time_ms(value)
        if value is None:
            return NO_TIME_MS
        if isinstance(value, bool):
            return UNREADABLE_TIME_MS
        try:
            units = float(value)
            if isinstance(value, int) and per_ms >= 1.0:
                return read_time_ms(value // int(per_ms))  # exact, where a float would round
            return read_time_ms(units / per_ms)
        except (TypeError, ValueError, OverflowError):
            return UNREADABLE_TIME_MS

    return read


class _Pattern:
    """strptime is slow, and one message or second says the same time often."""

    def __init__(self, pattern: str, zone: ZoneInfo | None) -> None:
        self._pattern = pattern
        self._zone = zone
        self._known: dict[str, int] = {}

    def read(self, value: Any) -> int:
        if value is None:
            return NO_TIME_MS
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**20:
            value = str(value)  # 20241121195320 without quotes
        if not isinstance(value, str) or len(value) > 100:
            return UNREADABLE_TIME_MS
        known = self._known.get(value)
        if known is None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            known = self._known[value] = self._read(value)
        return known

    def _read(self, text: str) -> int:
        try:
            moment = datetime.strptime(text, self._pattern)
            if self._zone is not None and moment.tzinfo is None:
                moment = moment.replace(tzinfo=self._zone)
            if moment.tzinfo is None:
                return UNREADABLE_TIME_MS
            return (moment - _EPOCH) // _MILLISECOND
        except (ValueError, OverflowError):
            return UNREADABLE_TIME_MS
