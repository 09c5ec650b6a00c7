"""Times on the command line."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

from plant.quality import NEWEST_TIME_MS

FOR = Annotated[str | None, typer.Option("--for", metavar="TIME", help="So long from now: 90s, 30m, 2h, 1d.")]
UNTIL = Annotated[str | None, typer.Option("--until", metavar="T", help="Or until then: ms or RFC 3339.")]

_LENGTH: Final = re.compile(r"(\d+)(s|m|h|d)")
_MS_OF: Final = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def window_ms(since: str | None, until: str | None) -> tuple[int | None, int | None]:
    """(--from, --to) in ms since the epoch."""
    first_ms, end_ms = time_ms(since, "--from"), time_ms(until, "--to")
    if first_ms is not None and end_ms is not None and first_ms >= end_ms:
        raise typer.BadParameter(f"--from {since} is not before --to {until}")
    return first_ms, end_ms


def time_ms(text: str | None, option: str) -> int | None:
    """ms since the epoch of a number of ms or an RFC 3339 time with an offset; None where nothing was given."""
    if text is None:
        return None
    if text.lstrip("-").isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter(f"{option} is {text}, allowed are ms since the epoch and RFC 3339 with an offset")
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def end_ms(lasts: str | None, until: str | None, now_ms: int) -> int | None:
    """The end that --for or --until gives, ms since the epoch; None where neither was given."""
    if lasts is None or until is not None:
        if lasts is not None:
            raise typer.BadParameter("give either --for or --until")
        end = time_ms(until, "--until")
        if end is not None and not 0 <= end <= NEWEST_TIME_MS:
            raise typer.BadParameter(f"--until is {until}, allowed are times before the year 2100")
        return end
    length = _LENGTH.fullmatch(lasts.strip().lower())
    if length is None:
        raise typer.BadParameter(f"--for is {lasts}, allowed are a whole number and s, m, h or d, such as 2h")
    end = now_ms + int(length[1]) * _MS_OF[length[2]]
    if end > NEWEST_TIME_MS:
        raise typer.BadParameter(f"--for is {lasts}, that ends after the year 2100")
    return end
