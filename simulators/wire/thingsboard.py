"""Readings as ThingsBoard telemetry: of devices by themselves, and of gateways."""

from collections.abc import Sequence

import msgspec

from plant.site import Point
from simulators.wire.device_form import DeviceForm
from simulators.wire.port import Message, Quiet, Speaker, Told, device_of, keys_of


class ThingsboardForm(DeviceForm):
    """`{"ts": ms, "values": {...}}` on a topic with the device's name."""

    name = "thingsboard"
    topic = "thingsboard/{enterprise}/{device}/telemetry"

    def speaker(self, name: str, points: Sequence[Point], topic: str | None) -> Speaker:
        """See `Form`."""
        return _Device(self.one_topic(points, topic), points)

    def settings(self) -> str:
        """See `Form`."""
        return self.wire(self.topic)


class ThingsboardGatewayForm(DeviceForm):
    """One gateway in each unit; a message holds what its devices measured in a second."""

    name = "thingsboard_gateway"
    gathers = True
    topic = "{enterprise}/v1/gateway/telemetry"

    def speaker_of(self, point: Point) -> str:
        """See `Form`."""
        return f"{point.enterprise}/{point.unit}"

    def speaker(self, name: str, points: Sequence[Point], topic: str | None) -> Speaker:
        """See `Form`."""
        return _Gateway(self.one_topic(points, topic), points)

    def settings(self) -> str:
        """See `Form`."""
        return self.wire(self.topic)


class _Device(Quiet):
    def __init__(self, topic: str, points: Sequence[Point]) -> None:
        self._topic = topic
        self._keys = keys_of(points)

    def say(self, told: Sequence[Told]) -> list[Message]:
        keys = self._keys
        return [
            Message(self._topic, msgspec.json.encode({"ts": at, "values": {keys[p]: v for p, v in values.items()}}))
            for at, values in told
        ]


class _Gateway(Quiet):
    def __init__(self, topic: str, points: Sequence[Point]) -> None:
        self._topic = topic
        self._keys = keys_of(points)
        self._devices = {p.point: device_of(p) for p in points}

    def say(self, told: Sequence[Told]) -> list[Message]:
        devices: dict[str, list[dict[str, object]]] = {}
        for at_ms, values in told:
            device = self._devices[next(iter(values))]
            row = {"ts": at_ms, "values": {self._keys[p]: value for p, value in values.items()}}
            devices.setdefault(device, []).append(row)
        return [Message(self._topic, msgspec.json.encode(devices))]
