"""Metrics of Sparkplug B 3.0: data types (clause 6.4.16) and the `Quality` property (6.4.14)."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

from ingest.codecs.port import number
from ingest.reason import Reason
from plant.quality import NO_TIME_MS, UNREADABLE_TIME_MS, Quality

BOOLEAN: Final = 11
UNSIGNED_LONG: Final = 8

_SIGNED_BITS: Final = {1: 8, 2: 16, 3: 32, 4: 64}
"""Int8 to Int64: carried as two's complement in an unsigned field."""
_FIELDS: Final = {
    **dict.fromkeys((1, 2, 3, 5, 6, 7), "int_value"),
    **dict.fromkeys((4, 8, 13), "long_value"),
    9: "float_value",
    10: "double_value",
    11: "boolean_value",
    **dict.fromkeys((12, 14, 15), "string_value"),
}
"""Where the value of each data type stands. UInt32 may come in long_value too: it does not fit some languages' int."""
_ALIKE: Final = {
    "int_value": "whole",
    "long_value": "whole",
    "float_value": "real",
    "double_value": "real",
    "boolean_value": "truth",
    "string_value": "text",
}
"""Some senders take the wider of two fields."""
_SELF_EXPLAINING: Final = {"float_value": 9, "double_value": 10, "boolean_value": 11, "string_value": 12}
"""Fields of which the value can be told without a data type."""

LONGEST_NAME: Final = 256
"""Characters of a metric's name, or of a group, node or device."""
_NOT_READINGS: Final = ("Node Control/", "Device Control/")
BD_SEQ: Final = "bdSeq"

QUALITY: Final = b"Quality"
_GOOD: Final = range(192, 256)
_UNCERTAIN: Final = range(64, 192)


@dataclass(frozen=True, slots=True)
class Known:
    """What a birth told of one metric."""

    key: str
    field: str
    get: Callable[[Any], Any]
    """Reads the field. Zero may also mean that there is none, or none that can be had at once."""
    half: int
    """For a signed type of n bits 2**(n-1), else 0."""


def known(key: str, datatype: int) -> Known:
    """How to read a metric of the data type. Sets, bytes, templates and arrays have no field: they are no numbers."""
    field = _FIELDS.get(datatype, "")
    bits = _SIGNED_BITS.get(datatype, 0)
    number_in_field = attrgetter(field) if field not in ("", "string_value") else _not_at_once
    return Known(key, field, number_in_field, 1 << bits - 1 if bits else 0)


def _not_at_once(metric: Any) -> int:
    return 0


def is_reading(key: str) -> bool:
    """Whether a metric may be a reading at all, and not part of the session or a command's mirror."""
    return key != BD_SEQ and not key.startswith(_NOT_READINGS)


def value_of(metric: Any, how: Known) -> float | Reason | None:
    """The metric's value, None for null, or why it is set aside."""
    if not how.field:
        return Reason.WRONG_TYPE
    if metric.is_null:
        return None
    field = metric.WhichOneof("value")
    if field is None or _ALIKE.get(field) != _ALIKE[how.field]:
        return Reason.WRONG_TYPE
    if field == "string_value":
        return _text_value(metric.string_value)
    return plain_value(getattr(metric, field), how.half)


def plain_value(value: Any, half: int) -> float:
    """An unsigned field's value as the number that was meant."""
    if half:
        value &= 2 * half - 1
        if value >= half:
            value -= 2 * half
    return float(value)


def explains_itself(metric: Any, key: str) -> Known:
    """How to read a metric of which no birth is known: by the data type it brings, or by its field.

    A whole number without a data type can't be read: nobody knows whether it is signed.
    """
    if metric.HasField("datatype"):
        return known(key, metric.datatype)
    return known(key, _SELF_EXPLAINING.get(metric.WhichOneof("value") or "", 0))


def time_of(timestamp: int) -> int:
    """A uint64 timestamp as measured_at_ms; 0 is none."""
    if not timestamp:
        return NO_TIME_MS
    return timestamp if timestamp < 2**63 else UNREADABLE_TIME_MS


def quality_of(metric: Any) -> Quality:
    """By the property `Quality`: OPC codes, 192 good, 64 to 191 uncertain, else (0 bad, 500 stale) bad."""
    if not metric.HasField("properties"):
        return Quality.GOOD
    for key, value in zip(metric.properties.keys, metric.properties.values, strict=False):
        if key == QUALITY:
            code = value.int_value or value.long_value
            if code in _GOOD:
                return Quality.GOOD
            return Quality.UNCERTAIN if code in _UNCERTAIN else Quality.BAD
    return Quality.GOOD


def name_of(metric: Any) -> str | None:
    """The metric's name; None where it is empty, too long or no UTF-8."""
    try:
        name: str = metric.name.decode()
    except UnicodeDecodeError:
        return None
    return name if 0 < len(name) <= LONGEST_NAME else None


def _text_value(content: bytes) -> float | Reason | None:
    try:
        return number(content.decode())
    except UnicodeDecodeError:
        return Reason.WRONG_TYPE
