"""Telemetry as ThingsBoard takes it: `{k: v}`, `{"ts": ms, "values": {k: v}}`, lists of these; and by a gateway.

A number in quotes is a number, as ThingsBoard casts it by default (`transport.json.type_cast_enabled`).
Source: ThingsBoard's MQTT device API and MQTT gateway API references.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from ingest.codecs.json_text import UNREADABLE_BY_MSGSPEC, Row, read_json
from ingest.codecs.port import Parsed, PayloadError, Samples, number_of_text
from ingest.codecs.timestamp import read_time_ms
from ingest.reason import Reason
from plant.quality import NO_TIME_MS

_NO_DEVICE: Final = ""


class _Timed(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    values: dict[str, float | None]
    ts: int | UnsetType = UNSET


_flat: Final = msgspec.json.Decoder(dict[str, float | None]).decode
_timed: Final = msgspec.json.Decoder(_Timed).decode
_gateway: Final = msgspec.json.Decoder(dict[str, list[_Timed]]).decode


class Thingsboard:
    """Of one device each topic: whose it is, a level `{device}` of the route says."""

    name = "thingsboard"

    def parse(self, topic: str, payload: bytes, received_at_ms: int) -> Parsed:
        try:
            if b'"values"' in payload:
                return Parsed([_samples(_NO_DEVICE, [_timed(payload)])])
            values = _flat(payload)
            if values and "ts" not in values:
                return Parsed([Samples(_NO_DEVICE, tuple(values), list(values.values()))])
        except UNREADABLE_BY_MSGSPEC:
            pass
        parsed = Parsed()
        _take(parsed, _NO_DEVICE, read_json(payload))
        return parsed


class ThingsboardGateway:
    """`{"Device A": [{"ts": ms, "values": {...}}, ...], "Device B": [...]}`."""

    name = "thingsboard_gateway"

    def parse(self, topic: str, payload: bytes, received_at_ms: int) -> Parsed:
        try:
            devices = _gateway(payload)
            if devices and all(devices.values()):
                return Parsed([_samples(device, records) for device, records in devices.items()])
        except UNREADABLE_BY_MSGSPEC:
            pass
        message = read_json(payload)
        if not isinstance(message, dict):
            raise PayloadError(Reason.WRONG_SHAPE, type(message).__name__)
        parsed = Parsed()
        for device, records in message.items():
            _take(parsed, device, records)
        if not message:
            parsed.faults.append((Reason.NO_SAMPLE, ""))
        return parsed


def _samples(device: str, records: list[_Timed]) -> Samples:
    if len(records) == 1:
        record = records[0]
        return Samples(device, tuple(record.values), list(record.values.values()), _time_ms(record.ts))
    keys: list[str] = []
    values: list[float | None] = []
    times: list[int] = []
    for record in records:
        keys.extend(record.values)
        values.extend(record.values.values())
        times.extend([_time_ms(record.ts)] * len(record.values))
    return Samples(device, tuple(keys), values, times)


def _time_ms(ts: int | UnsetType) -> int:
    return NO_TIME_MS if ts is UNSET else read_time_ms(ts)


def _take(parsed: Parsed, device: str, message: Any) -> None:
    row = Row(device, parsed.faults, texts=True)
    for record in message if isinstance(message, list) else (message,):
        if not isinstance(record, dict):
            parsed.faults.append((Reason.WRONG_SHAPE, type(record).__name__))
            continue
        time_ms, members = _record(record)
        for key, value in members:
            row.add(key, time_ms, value)
    parsed.samples += row.samples()
    if not row.keys and not parsed.faults:
        parsed.faults.append((Reason.NO_SAMPLE, device))


def _record(record: dict[str, Any]) -> tuple[int, Iterable[tuple[str, Any]]]:
    values = record.get("values")
    if isinstance(values, dict):
        ts = record.get("ts")
        if isinstance(ts, str) and isinstance(written := number_of_text(ts), float):
            ts = written  # ThingsBoard takes it so, too
        return read_time_ms(ts), values.items()
    return NO_TIME_MS, record.items()
