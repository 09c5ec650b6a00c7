"""How long a text is, by what a channel counts, and cutting it there."""

import unicodedata
from collections.abc import Callable
from typing import Final

import msgspec

Measure = Callable[[str], int]
"""The length of a text. That of two texts joined is the sum of theirs."""

ELLIPSIS: Final = "…"


def characters(text: str) -> int:
    """Code points."""
    return len(text)


def utf8(text: str) -> int:
    """Bytes in UTF-8."""
    return len(text.encode("utf-8", "replace"))


def ucs2(text: str) -> int:
    """Bytes in UTF-16 without a mark: two for most characters, four for emoji; SMS count so."""
    return 2 * len(text) + 2 * sum(ord(char) > 0xFFFF for char in text)


def json_bytes(text: str) -> int:
    """Bytes within a JSON string in UTF-8."""
    return len(msgspec.json.encode(text)) - 2


def clean(text: str, most: int = 500) -> str:
    """On one line, without control and direction characters, at most so many code points: for what others wrote."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[: 4 * most]).split())
    return cut(line, most, characters)


def cut(text: str, most: int, measure: Measure = utf8) -> str:
    """The text if it is no longer than `most`, else its beginning with an ellipsis; never within a character."""
    if measure(text) <= most:
        return text
    end = _longest(text, most - measure(ELLIPSIS), measure)
    while end and unicodedata.combining(text[end]):
        end -= 1
    return text[:end].rstrip() + ELLIPSIS if end else ""


def cut_front(text: str, most: int, measure: Measure = utf8) -> str:
    """Like `cut`, keeping the end: names of points differ there."""
    if measure(text) <= most:
        return text
    kept = _longest(text[::-1], most - measure(ELLIPSIS), measure)
    return ELLIPSIS + text[len(text) - kept :].lstrip() if kept else ""


def _longest(text: str, most: int, measure: Measure) -> int:
    """How many characters of the beginning are no longer than `most`."""
    low, high = 0, len(text) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(text[:middle]) <= most else (low, middle - 1)
    return low if measure(text[:low]) <= most else 0
