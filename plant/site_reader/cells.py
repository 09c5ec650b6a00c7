"""Kinds of cells: how each is read, what to say when it can't be, and its JSON Schema."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

LONGEST_TEXT: Final = 1024
"""Characters that a cell may hold."""

ID_PATTERN: Final = r"[A-Za-z0-9._-]{1,64}"
_ID = re.compile(ID_PATTERN)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"[0-9]{1,12}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_PHONE = re.compile(r"\+?[0-9][0-9 ()/-]{2,30}")
_PHONE_DIGITS = range(3, 21)
"""From a short number to one of E.164 with an extension."""
_SPAN = re.compile(r"((?:[01][0-9]|2[0-3]):[0-5][0-9])-((?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)")
_CHANNEL = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class CellError(ValueError):
    """What is wrong with a cell and what is allowed."""


@dataclass(frozen=True, slots=True)
class CellType:
    """`parse` takes a cell that is not empty and raises CellError; `schema` describes what it gives."""

    parse: Callable[[str], Any]
    schema: dict[str, Any]


def shown(cell: object) -> str:
    """A value for a message: quoted, on one line, and never long."""
    text = str(cell)
    quoted = ascii(text[:40]) if not text.isprintable() else repr(text[:40])
    return quoted if len(text) <= 40 else f"{quoted}... ({len(text)} characters)"


def _id(cell: str) -> str:
    if not _ID.fullmatch(cell):
        raise CellError(f"{shown(cell)} is not an id, allowed are 1 to 64 of A-Z a-z 0-9 . _ -")
    return cell


def _ids(cell: str) -> tuple[str, ...]:
    return tuple(_id(word) for word in cell.split())


def _text(cell: str) -> str:
    if len(cell) > LONGEST_TEXT:
        raise CellError(f"{len(cell)} characters, allowed are at most {LONGEST_TEXT}")
    return cell


def _words(cell: str) -> tuple[str, ...]:
    return tuple(_text(cell).split())


def _whole(cell: str) -> int:
    if not _WHOLE.fullmatch(cell):
        raise CellError(f"{shown(cell)} is not a whole number of 0 or more")
    return int(cell)


def _date(cell: str) -> str:
    try:
        if _DATE.fullmatch(cell):
            return date.fromisoformat(cell).isoformat()
    except ValueError:
        pass
    raise CellError(f"{shown(cell)} is not a date, allowed is YYYY-MM-DD")


def _topic(cell: str) -> str:
    if "+" in cell or "#" in cell:
        raise CellError(f"{shown(cell)} is a filter, allowed is the topic of one device, without + and #")
    if _CONTROL.search(cell):
        raise CellError(f"{shown(cell)} holds a line end or another control character, no topic does")
    return _text(cell)


def _phone(cell: str) -> str:
    if not _PHONE.fullmatch(cell):
        raise CellError("not a telephone number, allowed are digits, spaces, ( ) / - and a leading +")
    if sum(map(str.isdigit, cell)) not in _PHONE_DIGITS:
        raise CellError("not a telephone number, allowed are 3 to 20 digits")
    return cell


def _email(cell: str) -> str:
    name, at, host = cell.rpartition("@")
    if not (name and at and host) or " " in cell:
        raise CellError("not a mail address, allowed is name@host")
    return _text(cell)


def _quiet(cell: str) -> str:
    found = _SPAN.fullmatch(cell)
    if not found:
        raise CellError(f"{shown(cell)} is not a span of the day, allowed is HH:MM-HH:MM such as 22:00-07:00")
    if found[1] == found[2] or cell == "00:00-24:00":
        raise CellError(f"{shown(cell)} is the whole day, allowed is a part of it")
    return cell


def _handles(cell: str) -> tuple[tuple[str, str], ...]:
    handles: dict[str, str] = {}
    for word in _text(cell).split():
        channel, equals, text = word.partition("=")
        if not (equals and text and _CHANNEL.fullmatch(channel)):
            raise CellError(f"{shown(word)} is no handle, allowed are channel=text, separated by spaces")
        if channel in handles:
            raise CellError(f"{shown(channel)} stands twice, allowed is one handle for each channel")
        handles[channel] = text
    return tuple(handles.items())


def number(low: float | None = None, high: float | None = None) -> CellType:
    """A finite decimal number, between `low` and `high` where they are given."""
    bounds = [f"at least {low:g}"] if low is not None else []
    bounds += [f"at most {high:.15g}"] if high is not None else []

    def parse(cell: str) -> float:
        if not _NUMBER.fullmatch(cell):
            raise CellError(f"{shown(cell)} is not a number, allowed is a finite decimal number such as 12.5")
        value = float(cell)
        if not math.isfinite(value):
            raise CellError(f"{shown(cell)} is too large for a number")
        if (low is not None and value < low) or (high is not None and value > high):
            raise CellError(f"{shown(cell)} is out of bounds, allowed is {' and '.join(bounds)}")
        return value

    schema: dict[str, Any] = {"type": "number"}
    if low is not None:
        schema["minimum"] = low
    if high is not None:
        schema["maximum"] = high
    return CellType(parse, schema)


def choice(*allowed: str) -> CellType:
    """One of the words given."""

    def parse(cell: str) -> str:
        if cell not in allowed:
            raise CellError(f"{shown(cell)} is unknown, allowed are {', '.join(allowed)}")
        return cell

    return CellType(parse, {"enum": list(allowed)})


_STRINGS = {"type": "array", "items": {"type": "string"}}

ID: Final = CellType(_id, {"type": "string", "pattern": f"^{ID_PATTERN}$"})
IDS: Final = CellType(_ids, {"type": "array", "items": {"type": "string", "pattern": f"^{ID_PATTERN}$"}})
TEXT: Final = CellType(_text, {"type": "string", "maxLength": LONGEST_TEXT})
WORDS: Final = CellType(_words, _STRINGS)
WHOLE: Final = CellType(_whole, {"type": "integer", "minimum": 0})
DATE: Final = CellType(_date, {"type": "string", "format": "date"})
TOPIC: Final = CellType(_topic, {"type": "string", "pattern": "^[^+#]*$", "maxLength": LONGEST_TEXT})
PHONE: Final = CellType(_phone, {"type": "string"})
QUIET: Final = CellType(_quiet, {"type": "string", "pattern": f"^{_SPAN.pattern}$"})
HANDLES: Final = CellType(_handles, {"type": "array", "items": {"type": "array", "items": {"type": "string"}}})
EMAIL: Final = CellType(_email, {"type": "string"})
NUMBER: Final = number()
LATITUDE: Final = number(-90, 90)
LONGITUDE: Final = number(-180, 180)
