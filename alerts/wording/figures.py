"""Numbers and times as people read them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def figure(value: float | None) -> str:
    """A number in up to six figures, without an exponent where that is readable; none is a dash."""
    if value is None:
        return "—"
    shown = f"{value:.6g}"
    if "e" not in shown:
        return shown
    return f"{value:.0f}" if 1 <= abs(value) < 1e15 else shown


def with_unit(value: float | None, unit_symbol: str) -> str:
    return f"{figure(value)} {unit_symbol}" if unit_symbol else figure(value)


def distance(metres: float) -> str:
    """Rounded to what a warning needs."""
    return f"{metres / 1000:.1f} km" if metres >= 1000 else f"{round(metres, -1 if metres >= 100 else 0):.0f} m"


def local_time(ms: int, zone: str, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """A time on the clocks of the site; in UTC, and said so, where the zone is not known."""
    try:
        at = _EPOCH + timedelta(milliseconds=ms)
        try:
            return at.astimezone(ZoneInfo(zone)).strftime(form)
        except (ValueError, OSError, LookupError):
            return at.strftime(form) + " UTC"
    except OverflowError:
        return f"{ms} ms"
