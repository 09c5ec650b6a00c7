"""Wall-clock times of devices that name no zone -> measured_at_ms."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Generic, TypeVar
from zoneinfo import ZoneInfo

from plant.quality import UNREADABLE_TIME_MS

CHINA: Final = "Asia/Shanghai"
"""The zone that the Chinese standards mean when they name none."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_REMEMBERED: Final = 4_096

Written = TypeVar("Written", str, bytes)


class LocalTimes(Generic[Written]):
    """Reads times of one zone and one way of writing, and remembers the latest: a message says one time often."""

    def __init__(self, zone: ZoneInfo, fields: Callable[[Written], tuple[int, int, int, int, int, int]]) -> None:
        """`fields` takes a written time apart: year, month, day, hour, minute, second; ValueError if it can't."""
        self._zone = zone
        self._fields: Callable[[Written], tuple[int, int, int, int, int, int]] = fields
        self._known: dict[Written, int] = {}

    def ms(self, written: Written) -> int:
        """ms since the epoch, or UNREADABLE_TIME_MS. An hour that comes twice in autumn is taken as the first."""
        known = self._known.get(written)
        if known is not None:
            return known
        try:
            year, month, day, hour, minute, second = self._fields(written)
            moment = datetime(year, month, day, hour, minute, second, tzinfo=self._zone)
            time_ms = (moment - _EPOCH) // _MILLISECOND
        except (ValueError, OverflowError):
            time_ms = UNREADABLE_TIME_MS
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[written] = time_ms
        return time_ms


def local_fields(time_ms: int, zone: ZoneInfo) -> tuple[int, int, int, int, int, int]:
    """Year, month, day, hour, minute, second on a wall clock of the zone."""
    moment = (_EPOCH + timedelta(milliseconds=time_ms)).astimezone(zone)
    return moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second
