"""The slow, patient reader of the native payload: sets single values aside and keeps all others."""

import json
import struct
from array import array
from typing import Any, Final

from ingest.codecs.decoded import GRADES, NOTHING, Decoded, Reject
from ingest.codecs.timestamp import read_time_ms
from ingest.lookup import TopicPoints
from ingest.reason import Reason

_REPEATED: Final = object()
"""Stands for the value of a key that was given more than once."""


def decode(payload: bytes, points: TopicPoints, reject: Reject) -> Decoded:
    """The readings of a message, value by value; NOTHING if there is none. Never raises."""
    utf8 = True
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Bytes that are no UTF-8 inside one key must not cost the other values.
        text = payload.decode("utf-8", "surrogateescape")
        utf8 = False
    try:
        message = json.loads(text, object_pairs_hook=_members, parse_int=_parse_int)
    except (ValueError, RecursionError) as error:
        reject(Reason.NOT_JSON if utf8 else Reason.NOT_UTF8, type(error).__name__ if utf8 else "")
        return NOTHING
    collector = _Collector(points, reject)
    if isinstance(message, list):
        for element in message:
            collector.take_values(element)
    elif isinstance(message, dict) and "r" in message:
        collector.take_rows(message["r"])
        if "values" in message:
            collector.take_values(message)
    else:
        collector.take_values(message)
    return collector.decoded()


class _Collector:
    def __init__(self, points: TopicPoints, reject: Reject) -> None:
        self._points = points
        self._reject = reject
        self._numbers = array("I")
        self._times: list[int] = []
        self._values: list[float | None] = []
        self._qualities = bytearray()

    def take_values(self, message: Any) -> None:
        """One `{"ts": ..., "values": {...}}`."""
        if not isinstance(message, dict):
            self._reject(Reason.WRONG_SHAPE, _show(message))
            return
        values = message.get("values")
        if values is _REPEATED:
            self._reject(Reason.DUPLICATE_KEY, "values")
        elif not isinstance(values, dict):
            self._reject(Reason.WRONG_SHAPE, "values")
        else:
            time_ms = read_time_ms(message.get("ts"))
            for key, value in values.items():
                self._take(key, time_ms, value, GRADES["good"])

    def take_rows(self, rows: Any) -> None:
        """The list under `r`."""
        if rows is _REPEATED:
            self._reject(Reason.DUPLICATE_KEY, "r")
            return
        if not isinstance(rows, list):
            self._reject(Reason.WRONG_SHAPE, "r")
            return
        for row in rows:
            if not isinstance(row, list) or len(row) not in (3, 4) or not isinstance(row[0], str):
                self._reject(Reason.WRONG_SHAPE, _show(row))
                continue
            grade = row[3] if len(row) == 4 else "good"
            quality = GRADES.get(grade) if isinstance(grade, str) else None
            if quality is None:
                self._reject(Reason.UNKNOWN_QUALITY, f"{row[0]}: {_show(grade)}")
            else:
                self._take(row[0], read_time_ms(row[1]), row[2], quality)

    def _take(self, key: str, time_ms: int, value: Any, quality: int) -> None:
        if value is _REPEATED:
            self._reject(Reason.DUPLICATE_KEY, key)
            return
        number = self._points.find(key)
        if isinstance(number, Reason):
            self._reject(number, key)
            return
        if isinstance(value, str):
            value = value.strip()
            if value:
                self._reject(Reason.NUMBER_AS_STRING if _is_number(value) else Reason.WRONG_TYPE, key)
                return
            value = None
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            self._reject(Reason.WRONG_TYPE, key)
            return
        self._numbers.append(number)
        self._times.append(time_ms)
        self._values.append(None if value is None else float(value))
        self._qualities.append(quality)

    def decoded(self) -> Decoded:
        times = self._times
        if not times:
            return NOTHING
        packed = struct.pack(f"={len(times)}q", *times)
        return Decoded(self._numbers.tobytes(), packed, self._values, bytes(self._qualities), min(times), max(times))


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                members[key] = _REPEATED
            seen.add(key)
    return members


def _parse_int(digits: str) -> int | float:
    # float() reads any number of digits in linear time, int() refuses more than 4,300.
    return int(digits) if len(digits) <= 20 else float(digits)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _show(value: Any) -> str:
    return "repeated" if value is _REPEATED else type(value).__name__
