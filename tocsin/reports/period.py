"""Periods as people name them, in the site's time zone."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerts.kpi.columns import Period

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def period_of(month: str | None, since: str | None, until: str | None, zone: ZoneInfo, now_ms: int) -> Period:
    """The month `month` (2026-10), or from `since` to `until`; with none of them the last full month.

    `since` and `until` are dates (2026-10-01; midnight), RFC 3339 times with an offset or ms since the epoch; `until`
    is left out of the period. A period ends no later than now. ValueError, in words, for what can't be one.
    """
    today = datetime.fromtimestamp(now_ms / 1000, zone).date()
    if month is not None:
        if since is not None or until is not None:
            raise ValueError("give --month or --from and --to")
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
            raise ValueError(f"--month is {month}, allowed are months such as 2026-10")
        first = date.fromisoformat(f"{month}-01")
        begin, end = _midnight_ms(first, zone), _midnight_ms(_next_month(first), zone)
    elif since is None and until is None:
        last = today.replace(day=1)
        begin, end = _midnight_ms((last - timedelta(days=1)).replace(day=1), zone), _midnight_ms(last, zone)
    elif since is None:
        raise ValueError("--to needs a --from")
    else:
        begin, end = _time_ms(since, "--from", zone), _time_ms(until, "--to", zone) if until is not None else now_ms
    if begin >= end:
        raise ValueError("the period ends before it begins")
    if begin >= now_ms:
        raise ValueError("the period lies ahead")
    return _with_days(begin, min(end, now_ms), zone)


def _with_days(begin: int, end: int, zone: ZoneInfo) -> Period:
    days = [begin]
    day = datetime.fromtimestamp(begin / 1000, zone).date()
    while (next_ms := _midnight_ms(day := day + timedelta(days=1), zone)) < end:
        days.append(next_ms)
    return Period(begin, end, (*days, end))


def _time_ms(text: str, option: str, zone: ZoneInfo) -> int:
    if text.isdigit():
        return int(text)
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return _midnight_ms(date.fromisoformat(text), zone)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return (moment - _EPOCH) // timedelta(milliseconds=1)
    except ValueError:
        pass
    raise ValueError(f"{option} is {text}, allowed are dates, RFC 3339 with an offset, and ms since the epoch")


def _midnight_ms(day: date, zone: ZoneInfo) -> int:
    moment = datetime(day.year, day.month, day.day, tzinfo=zone)
    return (moment.astimezone(UTC) - _EPOCH) // timedelta(milliseconds=1)


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
