"""Properties as devices report them to Huawei Cloud IoTDA, for themselves or as a gateway for others.

`$oc/devices/<device>/sys/properties/report` and `$oc/devices/<gateway>/sys/gateway/sub_devices/properties/report`.
A key is `<service_id>.<property>`. Source: Huawei Cloud IoTDA, MQTT API of devices.
"""

from typing import Any, Final

import msgspec

from ingest.codecs.json_text import UNREADABLE_BY_MSGSPEC, Row, read_json
from ingest.codecs.port import Parsed, PayloadError, Samples
from ingest.codecs.timestamp import read_time_ms
from ingest.reason import Reason

_MOST_KNOWN: Final = 10_000
_REPORT: Final = "/properties/report"


class _Service(msgspec.Struct, gc=False):
    service_id: str
    properties: dict[str, float | None]
    event_time: str | None = None


class _Report(msgspec.Struct, gc=False):
    services: list[_Service]


class _Device(msgspec.Struct, gc=False):
    device_id: str
    services: list[_Service]


class _Gateway(msgspec.Struct, gc=False):
    devices: list[_Device]


_gateway: Final = msgspec.json.Decoder(_Gateway).decode
_report: Final = msgspec.json.Decoder(_Report).decode


class Iotda:
    name = "iotda"

    def __init__(self) -> None:
        self._keys: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
        """(service, properties) -> keys: devices report the same ones again."""

    def parse(self, topic: str, payload: bytes, received_at_ms: int) -> Parsed:
        device = _device_of(topic)
        if device and _REPORT not in topic:
            return Parsed()  # commands and what the platform sets: nothing that was measured
        try:
            if b'"devices"' in payload:
                given = [(part.device_id, service) for part in _gateway(payload).devices for service in part.services]
            else:
                given = [(device, service) for service in _report(payload).services]
            if given:
                return Parsed([self._samples(name, service) for name, service in given])
        except UNREADABLE_BY_MSGSPEC:
            pass
        return _parse_patiently(device, read_json(payload))

    def _samples(self, device: str, service: _Service) -> Samples:
        names = (service.service_id, tuple(service.properties))
        keys = self._keys.get(names)
        if keys is None:
            keys = tuple(f"{names[0]}.{name}" for name in names[1])
            if len(keys) <= 1_000:
                if len(self._keys) >= _MOST_KNOWN:
                    self._keys.clear()
                self._keys[names] = keys
        return Samples(device, keys, list(service.properties.values()), read_time_ms(service.event_time))


def _parse_patiently(device: str, message: Any) -> Parsed:
    parsed = Parsed()
    if not isinstance(message, dict):
        raise PayloadError(Reason.WRONG_SHAPE, type(message).__name__)
    if "services" in message:
        _take(parsed, device, message["services"])
    elif isinstance(message.get("devices"), list):
        for part in message["devices"]:
            name = part.get("device_id") if isinstance(part, dict) else None
            if isinstance(name, str):
                _take(parsed, name, part.get("services"))
            else:
                parsed.faults.append((Reason.WRONG_SHAPE, "device_id"))
    else:
        raise PayloadError(Reason.WRONG_SHAPE, "services")
    if not parsed.samples and not parsed.faults:
        parsed.faults.append((Reason.NO_SAMPLE, device))
    return parsed


def _take(parsed: Parsed, device: str, services: Any) -> None:
    row = Row(device, parsed.faults, texts=True)
    for service in services if isinstance(services, list) else (services,):
        name = service.get("service_id") if isinstance(service, dict) else None
        properties = service.get("properties") if isinstance(service, dict) else None
        if not isinstance(name, str) or not isinstance(properties, dict):
            parsed.faults.append((Reason.WRONG_SHAPE, "services"))
            continue
        time_ms = read_time_ms(service.get("event_time"))
        for key, value in properties.items():
            row.add(f"{name}.{key}", time_ms, value)
    parsed.samples += row.samples()


def _device_of(topic: str) -> str:
    levels = topic.split("/")
    return levels[2] if len(levels) > 3 and levels[:2] == ["$oc", "devices"] else ""
