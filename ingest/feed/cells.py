"""Cells of a feed to columns: at once where they are plain, cell by cell where one of them is not."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.feed.problems import Problems
from plant.quality import NEWEST_TIME_MS, NO_TIME_MS, OLDEST_TIME_MS, UNREADABLE_TIME_MS, Quality

QUALITIES: Final = {"": Quality.GOOD} | {quality.name.lower(): quality for quality in Quality}

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_POWERS: Final = 10 ** np.arange(12, -1, -1, dtype=np.int64)
_EARLIEST_MS: Final = UNREADABLE_TIME_MS + 1
_LATEST_MS: Final = 2**63 - 1
_PLAUSIBLE: Final = "between 2015-01-01 and 2100-01-01"


def shown(cell: str) -> str:
    """A cell for a message: quoted, on one line, not long."""
    return ascii(cell) if len(cell) <= 40 else f"{cell[:40]!a}..."


def parse_time_ms(cell: str) -> int:
    """Milliseconds since the epoch from such a number, or from RFC 3339 with an offset; finer than ms is cut.

    Numbers beyond int64 become its ends. ValueError when it is neither.
    """
    text = cell.strip()
    if text[4:5] == "-":
        return _parse_rfc3339_ms(text)
    whole, _, fraction = text.partition(".")
    digits = whole[1:] if whole[:1] in ("+", "-") else whole
    if not (digits.isdecimal() and text.isascii() and (fraction.isdecimal() or not fraction)):
        raise ValueError("neither ms nor RFC 3339")
    ms = int(whole) if len(digits) < 20 else _LATEST_MS if whole[0] != "-" else _EARLIEST_MS
    return min(max(ms, _EARLIEST_MS), _LATEST_MS)


def _parse_rfc3339_ms(text: str) -> int:
    # fromisoformat takes more of ISO 8601 than RFC 3339 does: other separators and none, week dates, no offset.
    if len(text) < 20 or text[7] != "-" or text[10] not in "Tt " or text[13] != ":" or text[16] != ":":
        raise ValueError("not RFC 3339")
    moment = datetime.fromisoformat(f"{text[:-1]}Z" if text[-1] == "z" else text)
    if moment.tzinfo is None:
        raise ValueError("no offset")
    return (moment - _EPOCH) // _MILLISECOND


def times(cells: Sequence[str], lines: Sequence[int], column: str, problems: Problems) -> NDArray[np.int64]:
    """A column of times in ms. An empty cell is NO_TIME_MS; one that can't be read is noted and UNREADABLE_TIME_MS."""
    if (found := _thirteen_digits(cells)) is not None:
        return found
    if _plain(cells):
        try:
            whole = (int(cell) if cell else NO_TIME_MS for cell in cells)
            found = np.fromiter(whole, np.int64, len(cells))
            return np.where(found == UNREADABLE_TIME_MS, _EARLIEST_MS, found)
        except (ValueError, OverflowError):
            pass
    found = np.full(len(cells), NO_TIME_MS, dtype=np.int64)
    for i, cell in enumerate(cells):
        try:
            found[i] = parse_time_ms(cell)
        except (ValueError, OverflowError):
            if cell.strip():
                message = f"{shown(cell)} is not a time, allowed are ms since the epoch or RFC 3339 with an offset"
                problems.add(lines[i], column, message)
                found[i] = UNREADABLE_TIME_MS
    return found


def check_times(found: NDArray[np.int64], lines: Sequence[int], column: str, needed: str, problems: Problems) -> None:
    """Note missing times (`needed` says why) and implausible ones; unreadable ones are noted already."""
    wrong = ((found < OLDEST_TIME_MS) | (found > NEWEST_TIME_MS)) & (found != UNREADABLE_TIME_MS)
    for i in np.flatnonzero(wrong).tolist():
        if found[i] == NO_TIME_MS:
            problems.add(lines[i], column, f"is empty, {needed}")
        else:
            problems.add(lines[i], column, f"{found[i]} is not plausible, allowed are times {_PLAUSIBLE}")


def values(cells: Sequence[str]) -> NDArray[np.float64]:
    """A column of values; what is empty or not a number becomes NaN."""
    if _plain(cells):
        try:
            return np.fromiter(map(float, cells), np.float64, len(cells))
        except ValueError:
            pass
    return np.fromiter(map(_value, cells), np.float64, len(cells))


def qualities(cells: Sequence[str], lines: Sequence[int], problems: Problems) -> NDArray[np.uint8]:
    """A column of qualities; an empty cell is good."""
    if cells.count("good") == len(cells):
        return np.zeros(len(cells), dtype=np.uint8)
    try:
        return np.fromiter(map(QUALITIES.__getitem__, cells), np.uint8, len(cells))
    except KeyError:
        pass
    found = np.zeros(len(cells), dtype=np.uint8)
    for i, cell in enumerate(cells):
        quality = QUALITIES.get(cell.strip())
        if quality is None:
            problems.add(lines[i], "quality", f"{shown(cell)} is unknown, allowed are good, uncertain, bad")
        else:
            found[i] = quality
    return found


def _thirteen_digits(cells: Sequence[str]) -> NDArray[np.int64] | None:
    """Times as ms usually stand, all of them at once: every time from 2001 to 2286 has thirteen digits."""
    text = ",".join(cells) + ","
    if len(text) != 14 * len(cells) or not text.isascii():
        return None
    rows = np.frombuffer(text.encode(), dtype=np.uint8).reshape(-1, 14)
    digits = rows[:, :13] - np.uint8(ord("0"))  # characters below 0 wrap around to large ones
    if not bool((digits <= 9).all()):
        return None
    # einsum, as a matrix product would set threads of its own spinning.
    found: NDArray[np.int64] = np.einsum("ij,j->i", digits, _POWERS)
    return found


def _value(cell: str) -> float:
    try:
        return float(cell) if cell and cell.isascii() and "_" not in cell else np.nan
    except ValueError:
        return np.nan


def _plain(cells: Sequence[str]) -> bool:
    """Whether int() and float() read these cells as people do: they take 1_000 and the digits of every script too."""
    text = "".join(cells)
    return text.isascii() and "_" not in text
