"""Readings in the native form."""

from collections.abc import Sequence

import msgspec

from plant.site import Point
from simulators.payload import topic_of
from simulators.wire.device_form import DeviceForm
from simulators.wire.port import Address, Message, Quiet, Speaker, Told, keys_of


class NativeForm(DeviceForm):
    """One message for all that a device measures at one time."""

    name = "native"

    def address(self, point: Point, of_device: tuple[int, int]) -> Address:
        """See `Form`: the cells as they are; a key without a topic would find nothing."""
        return Address(point.topic or (topic_of(point) if point.key else None), point.device, point.key)

    def speaker_of(self, point: Point) -> str:
        """See `Form`: a topic is a device."""
        return topic_of(point)

    def speaker(self, name: str, points: Sequence[Point], topic: str | None) -> Speaker:
        """See `Form`."""
        return _Device(name if topic is None else self.one_topic(points, topic), points)

    def settings(self) -> str:
        """See `Form`: it is read without a section."""
        return ""


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
