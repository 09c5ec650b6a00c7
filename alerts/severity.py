"""The order of severities and of levels (semantics 5.1)."""

from typing import Final

_SEVERITIES: Final = {"blue": 1, "yellow": 2, "orange": 3, "red": 4}
_LEVELS: Final = {"ll": 2, "l": 1, "on": 1, "h": 1, "hh": 2}
LEVELS: Final = tuple(_LEVELS)


def severity_rank(severity: str) -> int:
    """1 for blue to 4 for red; a severity that nobody knows ranks above all, so that no filter withholds it."""
    return _SEVERITIES.get(severity, 5)


def rank(severity: str, level: str) -> tuple[int, int]:
    """The place of a level in the order red > orange > yellow > blue; ties hh > h and ll > l."""
    return severity_rank(severity), _LEVELS.get(level, 0)
