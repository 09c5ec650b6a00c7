"""Readings as Huawei Cloud IoTDA property reports. The service of a made-up point is the first word of its kind."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from plant.site import Point
from simulators.wire.device_form import DeviceForm
from simulators.wire.port import Address, Message, Quiet, Speaker, Told, key_of, own_device, plain_word


class IotdaForm(DeviceForm):
    """One report for all that a device measures at one time, a part for each service."""

    name = "iotda"
    topic = "$oc/devices/{device}/sys/properties/report"

    def address(self, point: Point, of_device: tuple[int, int]) -> Address:
        """See `Form`."""
        return Address(None, own_device(point), f"{point.kind.partition('.')[0]}.{plain_word(key_of(point))}")

    def speaker_of(self, point: Point) -> str:
        """See `Form`."""
        if not all(key_of(point).partition(".")):
            raise ValueError(f"key {key_of(point)!r} is no <service_id>.<property>")
        return super().speaker_of(point)

    def speaker(self, name: str, points: Sequence[Point], topic: str | None) -> Speaker:
        """See `Form`."""
        return _Device(self.one_topic(points, topic), points)

    def settings(self) -> str:
        """See `Form`."""
        return self.wire("$oc/devices/+/sys/properties/report")


class _Device(Quiet):
    def __init__(self, topic: str, points: Sequence[Point]) -> None:
        self._topic = topic
        self._keys = {p.point: (key_of(p).partition(".")[0], key_of(p).partition(".")[2]) for p in points}

    def say(self, told: Sequence[Told]) -> list[Message]:
        return [Message(self._topic, self._report(one)) for one in told]

    def _report(self, told: Told) -> bytes:
        services: dict[str, dict[str, float | None]] = {}
        for point, value in told.values.items():
            service, name = self._keys[point]
            services.setdefault(service, {})[name] = value
        at = datetime.fromtimestamp(told.at_ms / 1000.0, UTC).isoformat(timespec="milliseconds")
        event_time = at.replace("+00:00", "Z")
        parts = [{"service_id": s, "properties": p, "event_time": event_time} for s, p in services.items()]
        return msgspec.json.encode({"services": parts})
