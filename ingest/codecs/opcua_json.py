"""OPC UA PubSub messages in JSON: NetworkMessages, and DataSetMessages without that envelope.

A field is a bare value, a Variant (`Type` and `Body`, or `UaType` and `Value`) or a DataValue (`Value`, `StatusCode`
or `Status`, `SourceTimestamp`). Source: OPC 10000-14 (PubSub) 7.2.5 and OPC 10000-6 5.4 (JSON encoding).
"""

import re
from typing import Any, Final

import msgspec

from ingest.codecs.json_text import UNREADABLE_BY_MSGSPEC, Row, read_json
from ingest.codecs.port import ALL_GOOD, Parsed, PayloadError, Samples
from ingest.codecs.timestamp import read_time_ms
from ingest.reason import Reason
from plant.quality import NO_TIME_MS, Quality

_OTHER_KINDS: Final = frozenset({"ua-keepalive", "ua-event", "ua-metadata", "ua-status", "ua-application"})
"""Messages that carry no values of fields."""
_FLOATS: Final = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_WRAPPING: Final = frozenset({"Value", "Body", "Status", "StatusCode", "SourceTimestamp", "UaType", "Type"})
"""Members of a Variant or DataValue; any other object is a structure."""
_WHOLE = re.compile(r"-?\d{1,20}")


class _DataSet(msgspec.Struct, gc=False):
    payload: dict[str, float | None] = msgspec.field(name="Payload")
    writer: int | str = msgspec.field(name="DataSetWriterId", default="")
    writer_name: str = msgspec.field(name="DataSetWriterName", default="")
    timestamp: str | None = msgspec.field(name="Timestamp", default=None)
    status: int = msgspec.field(name="Status", default=0)
    kind: str = msgspec.field(name="MessageType", default="")
    publisher: str | int = msgspec.field(name="PublisherId", default="")


class _Code(msgspec.Struct, gc=False):
    code: int = msgspec.field(name="Code", default=0)


class _Variant(msgspec.Struct, gc=False):
    body: float | None = msgspec.field(name="Body")


class _DataValue(msgspec.Struct, gc=False):
    value: float | _Variant | None = msgspec.field(name="Value")
    timestamp: str | None = msgspec.field(name="SourceTimestamp", default=None)
    code: int | _Code = msgspec.field(name="StatusCode", default=0)
    status: int | _Code = msgspec.field(name="Status", default=0)
    scale: None = msgspec.field(name="Scale", default=None)
    """Of a Decimal, which is no DataValue: read patiently."""


class _DataValues(_DataSet, gc=False):
    payload: dict[str, _DataValue] = msgspec.field(name="Payload")  # type: ignore[assignment]


class _Network(msgspec.Struct, gc=False):
    messages: list[_DataSet] = msgspec.field(name="Messages")
    publisher: str | int = msgspec.field(name="PublisherId", default="")
    kind: str = msgspec.field(name="MessageType", default="ua-data")


class _NetworkOfDataValues(_Network, gc=False):
    messages: list[_DataValues] = msgspec.field(name="Messages")  # type: ignore[assignment]


_single: Final = msgspec.json.Decoder(_DataSet).decode
_single_of_data_values: Final = msgspec.json.Decoder(_DataValues).decode
_network_of_data_values: Final = msgspec.json.Decoder(_NetworkOfDataValues).decode
_network: Final = msgspec.json.Decoder(_Network).decode


class OpcuaJson:
    """A device is called as its publisher (`PublisherId`)."""

    name = "opcua_json"

    def __init__(self, *, key_with_writer: bool = False) -> None:
        self._key_with_writer = key_with_writer

    def parse(self, topic: str, payload: bytes, received_at_ms: int) -> Parsed:
        of_data_values, graded = b'"Value"' in payload, b'"Status' in payload
        try:
            if b'"Messages"' in payload:
                network = _network_of_data_values(payload) if of_data_values else _network(payload)
                kind, publisher, messages = network.kind, network.publisher, network.messages
            else:
                single = _single_of_data_values(payload) if of_data_values else _single(payload)
                kind, publisher, messages = single.kind, single.publisher, [single]
        except UNREADABLE_BY_MSGSPEC:
            return self._parse_patiently(read_json(payload))
        if kind in _OTHER_KINDS:
            return Parsed()
        with_values = [one for one in messages if one.payload and one.kind not in _OTHER_KINDS]
        return Parsed([self._samples(str(publisher), one, graded) for one in with_values])

    def _samples(self, device: str, message: _DataSet, graded: bool) -> Samples:
        if isinstance(message, _DataValues):
            return self._of_data_values(device, message, graded)
        values = list(message.payload.values())
        return Samples(device, self._keys(message), values, read_time_ms(message.timestamp), _grades(message, values))

    def _of_data_values(self, device: str, message: _DataValues, graded: bool) -> Samples:
        """`graded`: whether a field has a status."""
        fields = message.payload.values()
        whole, whole_ms = _quality(message.status), read_time_ms(message.timestamp)
        values: list[Any] = [field.value for field in fields]
        if _Variant in set(map(type, values)):
            values = [value.body if isinstance(value, _Variant) else value for value in values]
        written = [field.timestamp for field in fields]
        at = {text: whole_ms if text is None else read_time_ms(text) for text in set(written)}
        time_ms = at[written[0]] if len(at) == 1 else [at[text] for text in written]
        qualities = ALL_GOOD
        if whole or graded:
            qualities = bytes([max(whole, _of_code(field.code), _of_code(field.status)) for field in fields])
        return Samples(device, self._keys(message), values, time_ms, qualities)

    def _keys(self, message: _DataSet) -> tuple[str, ...]:
        if not self._key_with_writer:
            return tuple(message.payload)
        return tuple(f"{message.writer or message.writer_name}.{key}" for key in message.payload)

    def _parse_patiently(self, message: Any) -> Parsed:
        parsed = Parsed()
        device, parts = "", message if isinstance(message, list) else [message]
        if isinstance(message, dict) and "Messages" in message:
            if _is_other(message):
                return parsed
            device = _name(message.get("PublisherId"))
            inner = message["Messages"]
            parts = inner if isinstance(inner, list) else [inner]
        elif isinstance(message, dict) and _is_other(message):
            return parsed
        rows: dict[str, Row] = {}
        for part in parts:
            if isinstance(part, dict) and _is_other(part):
                continue
            if not isinstance(part, dict) or not isinstance(part.get("Payload"), dict):
                parsed.faults.append((Reason.WRONG_SHAPE, "Payload"))
                continue
            name = device or _name(part.get("PublisherId"))
            self._take(rows.setdefault(name, Row(name, parsed.faults)), part)
        parsed.samples = [samples for row in rows.values() for samples in row.samples()]
        if not parsed.samples and not parsed.faults and parts and isinstance(message, dict | list):
            return parsed
        if not parsed.samples and not parsed.faults:
            raise PayloadError(Reason.NO_SAMPLE)
        return parsed

    def _take(self, row: Row, part: dict[str, Any]) -> None:
        writer = part.get("DataSetWriterId", part.get("DataSetWriterName", ""))
        whole = _quality(part.get("Status"))
        time_ms = read_time_ms(part.get("Timestamp"))
        for field, given in part["Payload"].items():
            key = f"{_name(writer)}.{field}" if self._key_with_writer else field
            value, quality, at_ms = given, whole, NO_TIME_MS
            for _ in range(2):  # a DataValue may hold a Variant
                if not isinstance(value, dict) or not _WRAPPING & value.keys() or "Scale" in value:
                    break  # with a scale it is a Decimal, whose whole number alone would be a wrong one
                quality = max(quality, _quality(value.get("StatusCode", value.get("Status"))))
                if "SourceTimestamp" in value:
                    at_ms = read_time_ms(value["SourceTimestamp"])
                value = value.get("Value", value.get("Body"))
            row.add(key, time_ms if at_ms == NO_TIME_MS else at_ms, _plain(value), quality)


def _is_other(message: dict[str, Any]) -> bool:
    kind = message.get("MessageType")
    return isinstance(kind, str) and kind in _OTHER_KINDS


def _quality(status: Any) -> Quality:
    """Of a status code: its two highest bits are 00 good, 01 uncertain, 10 bad."""
    if isinstance(status, dict):
        status = status.get("Code", 0)
    if status is None:
        return Quality.GOOD
    if not isinstance(status, int) or isinstance(status, bool) or not 0 <= status < 1 << 32:
        return Quality.UNCERTAIN
    return (Quality.GOOD, Quality.UNCERTAIN, Quality.BAD, Quality.BAD)[status >> 30]


def _of_code(status: int | _Code) -> Quality:
    return _quality(status.code if isinstance(status, _Code) else status)


def _grades(message: _DataSet, values: list[float | None]) -> bytes:
    quality = _quality(message.status)
    return bytes([quality]) * len(values) if quality else ALL_GOOD


def _plain(value: Any) -> Any:
    """64-bit whole numbers and what is not finite stand as text in this encoding."""
    if not isinstance(value, str):
        return value
    if value in _FLOATS:
        return _FLOATS[value]
    return float(value) if _WHOLE.fullmatch(value) else value


def _name(given: Any) -> str:
    return str(given) if isinstance(given, str | int) and not isinstance(given, bool) else ""
