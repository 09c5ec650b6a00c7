"""Properties as devices post them by Alibaba Cloud's Alink protocol 1.0.

`/sys/<productKey>/<deviceName>/thing/event/property/post`, the gateway's `.../property/pack/post` and the late
`.../property/history/post`. A device is called `<productKey>/<deviceName>`.
Source: Alibaba Cloud IoT Platform, device properties, events and services over Alink.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from ingest.codecs.json_text import UNREADABLE_BY_MSGSPEC, Row, read_json
from ingest.codecs.port import Parsed, PayloadError, Samples, number_of_text
from ingest.codecs.timestamp import NEWEST_INT64_MS, read_time_ms
from ingest.reason import Reason
from plant.quality import NO_TIME_MS


class _Timed(msgspec.Struct, gc=False):
    value: float | None
    time: int = NO_TIME_MS


class _Post(msgspec.Struct, gc=False):
    params: dict[str, _Timed]


class _Bare(msgspec.Struct, gc=False):
    params: dict[str, float | None]


_post: Final = msgspec.json.Decoder(_Post).decode
_bare: Final = msgspec.json.Decoder(_Bare).decode


class Alink:
    name = "alink"

    def parse(self, topic: str, payload: bytes, received_at_ms: int) -> Parsed:
        device = _device_of(topic)
        if device and not (_PROPERTY in topic and topic.endswith("/post")):
            return Parsed()  # replies, settings of properties, events: nothing that was measured
        if b'"properties"' not in payload:
            try:
                if b'"value"' not in payload:
                    bare = _bare(payload).params
                    if bare:
                        return Parsed([Samples(device, tuple(bare), list(bare.values()))])
                else:
                    params = _post(payload).params
                    properties = params.values()
                    times = {p.time for p in properties}
                    if times and min(times) >= NO_TIME_MS and max(times) <= NEWEST_INT64_MS:
                        time_ms = times.pop() if len(times) == 1 else [p.time for p in properties]
                        return Parsed([Samples(device, tuple(params), [p.value for p in properties], time_ms)])
            except UNREADABLE_BY_MSGSPEC:
                pass
        return _parse_patiently(device, read_json(payload))


def _parse_patiently(device: str, message: Any) -> Parsed:
    params = message.get("params") if isinstance(message, dict) else None
    if not isinstance(params, dict | list):
        raise PayloadError(Reason.WRONG_SHAPE, "params")
    parsed = Parsed()
    rows: dict[str, Row] = {}
    for name, properties in _parts(device, params, parsed):
        row = rows.setdefault(name, Row(name, parsed.faults, texts=True))
        for key, given in properties.items():
            # A history lists what one property was, one after another.
            for value in given if isinstance(given, list) else (given,):
                if isinstance(value, dict) and "value" in value:
                    row.add(key, _time_ms(value.get("time")), value["value"])
                else:
                    row.add(key, NO_TIME_MS, value)
    parsed.samples = [samples for row in rows.values() for samples in row.samples()]
    if not parsed.samples and not parsed.faults:
        parsed.faults.append((Reason.NO_SAMPLE, device))
    return parsed


def _parts(device: str, params: Any, parsed: Parsed) -> Iterable[tuple[str, dict[str, Any]]]:
    """(device, its properties) of a post, a pack of a gateway, or a history."""
    if isinstance(params, dict) and not any(isinstance(params.get(part), list | dict) for part in _PACKED):
        yield device, params
        return
    for part in params if isinstance(params, list) else (params, *_list(params.get("subDevices"))):
        if not isinstance(part, dict):
            parsed.faults.append((Reason.WRONG_SHAPE, type(part).__name__))
            continue
        name = _identity(part.get("identity")) or device
        properties = part.get("properties")
        for one in properties if isinstance(properties, list) else (properties,):
            if isinstance(one, dict):
                yield name, one
            elif one is not None:
                parsed.faults.append((Reason.WRONG_SHAPE, f"{name}: properties"))


_PROPERTY: Final = "/thing/event/property/"
_PACKED: Final = ("properties", "subDevices")


def _time_ms(written: Any) -> int:
    """Milliseconds, also in quotes."""
    return read_time_ms(number_of_text(written) if isinstance(written, str) else written)


def _list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []


def _identity(given: Any) -> str:
    if not isinstance(given, dict):
        return ""
    product, name = given.get("productKey"), given.get("deviceName")
    return f"{product}/{name}" if isinstance(product, str) and isinstance(name, str) else ""


def _device_of(topic: str) -> str:
    levels = topic.removeprefix("/").split("/")
    return f"{levels[1]}/{levels[2]}" if len(levels) > 3 and levels[0] == "sys" else ""
