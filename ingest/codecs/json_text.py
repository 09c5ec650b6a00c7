"""JSON for the wire forms: quick where it is as it should be, patient where it is not."""

import json
from typing import Any, Final

import msgspec

from ingest.codecs.port import ALL_GOOD, OWN_UNITS, PayloadError, Samples, number, number_of_text
from ingest.reason import Reason

UNREADABLE_BY_MSGSPEC: Final = (msgspec.MsgspecError, ValueError, RecursionError)

_decode: Final = msgspec.json.Decoder().decode


def read_json(payload: bytes) -> Any:
    """Any JSON document; NaN and Infinity are read too. Of a key that stands twice the last one counts.

    PayloadError if it is none.
    """
    try:
        return _decode(payload)
    except UNREADABLE_BY_MSGSPEC:
        return _read_patiently(payload)


def json_number(value: Any) -> float | Reason | None:
    """As `port.number`; true is 1 and false is 0, for platforms that know boolean properties."""
    return float(value) if value.__class__ is bool else number(value)


class Row:
    """Gathers the samples of one device one by one; what is no number becomes a fault."""

    __slots__ = ("device", "faults", "keys", "qualities", "texts", "times", "units", "values")

    def __init__(self, device: str, faults: list[tuple[Reason, str]], *, texts: bool = False) -> None:
        """`texts`: whether a number in quotes is that number, as on platforms whose devices know no better."""
        self.device = device
        self.texts = texts
        self.faults = faults
        self.keys: list[str] = []
        self.times: list[int] = []
        self.values: list[float | None] = []
        self.qualities = bytearray()
        self.units: list[str] = []

    def add(self, key: str, time_ms: int, value: Any, quality: int = 0, unit: str = "") -> None:
        """`value` is any JSON value."""
        if self.texts and value.__class__ is str:
            value = number_of_text(value)
        read = value if value.__class__ is float else json_number(value)
        if isinstance(read, Reason):
            self.faults.append((read, key))
            return
        self.keys.append(key)
        self.times.append(time_ms)
        self.values.append(read)
        self.qualities.append(quality)
        self.units.append(unit)

    def samples(self) -> list[Samples]:
        """None or one."""
        if not self.keys:
            return []
        qualities = bytes(self.qualities) if any(self.qualities) else ALL_GOOD
        units = tuple(self.units) if any(self.units) else OWN_UNITS
        return [Samples(self.device, tuple(self.keys), self.values, self.times, qualities, units)]


def _read_patiently(payload: bytes) -> Any:
    utf8 = True
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Bytes that are no UTF-8 inside one key must not cost the other values.
        text = payload.decode("utf-8", "surrogateescape")
        utf8 = False
    try:
        return json.loads(text, parse_int=_parse_int)
    except (ValueError, RecursionError) as error:
        reason = Reason.NOT_JSON if utf8 else Reason.NOT_UTF8
        raise PayloadError(reason, type(error).__name__ if utf8 else "") from None


def _parse_int(digits: str) -> int | float:
    # float() reads any number of digits in linear time, int() refuses more than 4,300.
    return int(digits) if len(digits) <= 20 else float(digits)
