"""Spans of time as people write them: 1.5s, 2m, 1h30m, 250ms, or a number of seconds."""

import re
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BeforeValidator, WithJsonSchema

LONGEST_MS: Final = 7 * 86_400_000
"""A week: a test writes an entry of the log for each of its seconds."""

_UNITS_MS: Final = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|d|h|m|s)")
_WHOLE: Final = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|d|h|m|s))+")


def span_ms(given: object) -> int:
    """Whole milliseconds of a span. ValueError says what is allowed."""
    if isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given < float("inf"):
        ms = Decimal(str(given)) * 1000
    elif isinstance(given, str) and len(given) <= 40 and _WHOLE.fullmatch(given):
        ms = sum((Decimal(number) * _UNITS_MS[unit] for number, unit in _PART.findall(given)), Decimal(0))
    else:
        raise ValueError("no span of time, allowed are such as 90s, 1.5s, 2m, 1h30m, 250ms, or a number of seconds")
    if ms > LONGEST_MS:
        raise ValueError("longer than a week, allowed are at most 7d")
    return round(ms)


def span_text(ms: int) -> str:
    """A span in the form in which it may be written: 1h30m, 12.5s, 0s."""
    sign, left, parts = ("-" if ms < 0 else ""), abs(ms), []
    for unit in ("d", "h", "m"):
        count, left = divmod(left, _UNITS_MS[unit])
        if count:
            parts.append(f"{count}{unit}")
    if left or not parts:
        parts.append(f"{left / 1000:g}s")
    return sign + "".join(parts)


_SCHEMA = {"type": ["string", "number"], "description": "A span: 90s, 1.5s, 2m, 1h30m, 250ms, or a number of seconds."}

SpanMs = Annotated[int, BeforeValidator(span_ms), WithJsonSchema(_SCHEMA)]
