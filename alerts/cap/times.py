"""Times as CAP 1.2 writes them: whole seconds and an offset, `-00:00` for UTC, never `Z`."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def cap_time(ms: int, zone: str) -> str:
    """Milliseconds since the epoch on the clocks of `zone`; in UTC where the zone is not known."""
    at = _EPOCH + timedelta(milliseconds=ms)
    with suppress(ValueError, OSError, LookupError):
        at = at.astimezone(ZoneInfo(zone))
    return at.isoformat(timespec="seconds").replace("+00:00", "-00:00")


def cap_ms(text: str) -> int:
    """The milliseconds of such a time. ValueError if it is none."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)
