"""A JSON message -> samples, as a mapping file describes it."""

import contextlib
from typing import Any, Final

from ingest.codecs.decoded import GRADES
from ingest.codecs.json_text import UNREADABLE_BY_MSGSPEC, Row, json_number, read_json
from ingest.codecs.mapping.paths import MISSING, JsonPath
from ingest.codecs.mapping.quick import quick_way
from ingest.codecs.mapping.rows import rows_reader
from ingest.codecs.mapping.schema import Mapping, QualityMapping, ValueMapping
from ingest.codecs.mapping.times import time_reader
from ingest.codecs.port import Parsed
from ingest.reason import Reason
from plant.quality import NO_TIME_MS

_TOPICS_KEY: Final = ""
_WHOLE: Final = JsonPath("$")


class MappingCodec:
    name = "mapping"

    def __init__(self, mapping: Mapping) -> None:
        self._records = JsonPath(mapping.records, each=True) if mapping.records is not None else None
        self._device = JsonPath(mapping.device) if mapping.device is not None else None
        self._time = JsonPath(mapping.time.path) if mapping.time is not None else None
        self._read_time = time_reader(mapping.time) if mapping.time is not None else _no_time
        self._quality = _Quality(mapping.quality) if mapping.quality is not None else None
        self._values = [_Value(value) for value in mapping.values]
        self._words = mapping.words
        self._numbers_as_text = mapping.numbers_as_text
        self._read_rows = rows_reader(mapping, self._read_time)
        self._quick = quick_way(mapping, self._read_time)
        self._as_they_are = not mapping.words and not mapping.numbers_as_text

    def parse(self, topic: str, payload: bytes, received_at_ms: int) -> Parsed:
        if self._read_rows is not None:
            with contextlib.suppress(*UNREADABLE_BY_MSGSPEC):
                samples = self._read_rows(payload)
                if samples is not None:
                    return Parsed([samples])
        top = read_json(payload)
        records = _WHOLE.all(top) if self._records is None else self._records.all(top)
        if self._quick is not None and len(records) == 1:
            with contextlib.suppress(OverflowError):
                samples = self._quick(records[0], top)
                if samples is not None:
                    return Parsed([samples])
        return self._parse_patiently(top, records)

    def _parse_patiently(self, top: Any, records: list[Any]) -> Parsed:
        parsed = Parsed()
        rows: dict[str, Row] = {}
        for record in records:
            if not isinstance(record, dict | list):
                parsed.faults.append((Reason.WRONG_SHAPE, type(record).__name__))
                continue
            device = "" if self._device is None else _text(self._device.get(record, top))
            if device is None:
                parsed.faults.append((Reason.WRONG_SHAPE, "device"))
                continue
            row = rows.get(device)
            if row is None:
                row = rows[device] = Row(device, parsed.faults)
            self._take(row, record, top)
        parsed.samples = [samples for row in rows.values() for samples in row.samples()]
        if not parsed.samples and not parsed.faults:
            parsed.faults.append((Reason.NO_SAMPLE, ""))
        return parsed

    def _take(self, row: Row, record: Any, top: Any) -> None:
        time_ms = NO_TIME_MS
        if self._time is not None:
            written = self._time.get(record, top)
            time_ms = NO_TIME_MS if written is MISSING else self._read_time(written)
        quality = 0 if self._quality is None else self._quality.grade(record, top)
        for value in self._values:
            if value.members is not None:
                members = value.members.get(record, top)
                if isinstance(members, dict):
                    for key, given in members.items():
                        self._add(row, value, key, time_ms, given, quality, value.unit)
                continue
            given = value.path.get(record, top)
            if given is MISSING:
                continue
            key = value.key if value.key_path is None else _text(value.key_path.get(record, top))
            unit = value.unit if value.unit_path is None else _text(value.unit_path.get(record, top))
            if key is None:
                row.faults.append((Reason.WRONG_SHAPE, "key"))
            else:
                self._add(row, value, key, time_ms, given, quality, unit or "")

    def _add(self, row: Row, value: "_Value", key: str, time_ms: int, given: Any, quality: int, unit: str) -> None:
        if given.__class__ is str and not self._as_they_are:
            given = self._words.get(given.strip(), given)
            if given.__class__ is str and self._numbers_as_text:
                given = _number_of(given)
        if value.is_scaled and isinstance(read := json_number(given), float):
            given = read * value.scale + value.offset
        row.add(key, time_ms, given, quality, unit)


class _Value:
    __slots__ = ("is_scaled", "key", "key_path", "members", "offset", "path", "scale", "unit", "unit_path")

    def __init__(self, mapping: ValueMapping) -> None:
        self.path = JsonPath(mapping.path or "@")
        self.key = mapping.key or _TOPICS_KEY
        self.key_path = None if mapping.key_path is None else JsonPath(mapping.key_path)
        self.members = None if mapping.members is None else JsonPath(mapping.members)
        self.unit = mapping.unit or ""
        self.unit_path = None if mapping.unit_path is None else JsonPath(mapping.unit_path)
        self.scale, self.offset = mapping.scale, mapping.offset
        self.is_scaled = (mapping.scale, mapping.offset) != (1.0, 0.0)


class _Quality:
    def __init__(self, mapping: QualityMapping) -> None:
        self._path = JsonPath(mapping.path)
        self._grades = {written: GRADES[grade] for written, grade in mapping.map.items()}
        self._otherwise = GRADES[mapping.otherwise]

    def grade(self, record: Any, top: Any) -> int:
        written = self._path.get(record, top)
        if written is MISSING:
            return GRADES["good"]
        text = _text(written)
        return self._otherwise if text is None else self._grades.get(text, self._otherwise)


def _text(value: Any) -> str | None:
    """A name or a number as text; None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def _number_of(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _no_time(_: Any) -> int:
    return NO_TIME_MS
