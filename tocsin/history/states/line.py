"""A line of line protocol out of tags and fields (docs/reference/influxdb.md)."""

import math
from collections.abc import Mapping
from hashlib import blake2b
from typing import Final

from tocsin.followers.influx.escape import tag, text

Field = str | float | int | bool | None

NS_PER_MS: Final = 1_000_000

COLOURS: Final = {"red": 4, "orange": 3, "yellow": 2, "blue": 1, "no_data": -1}
"""Colours and severities as boards map them; everything else is 0."""


def line(measurement: str, tags: Mapping[str, str], fields: Mapping[str, Field], at_ns: int) -> str:
    """Empty tags and fields of None, or that are not finite, are left out. "" where no field is left."""
    shown = ",".join(f"{name}={form}" for name, value in fields.items() if (form := _form(value)) is not None)
    if not shown:
        return ""
    return f"{measurement}{''.join(tag(name, value) for name, value in tags.items())} {shown} {at_ns}"


def colour(name: str) -> int:
    """The number of a colour or severity."""
    return COLOURS.get(name, 0)


def offset_ns(name: str) -> int:
    """0 to 999 999, always the same for a name: so that two of one millisecond don't overwrite each other."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") % NS_PER_MS


def span_s(begin_ms: int | None, end_ms: int | None) -> float | None:
    """Seconds between the two; None where one is missing."""
    return None if begin_ms is None or end_ms is None else (end_ms - begin_ms) / 1000


def _form(value: Field) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value}i"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else None
    return text(value)
