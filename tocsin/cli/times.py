"""Times on the command line."""

from datetime import UTC, datetime, timedelta

import typer

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
