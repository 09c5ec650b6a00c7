"""Readings as Alibaba Cloud Alink property posts. The product key of a made-up device is its enterprise."""

from collections.abc import Sequence
from itertools import count

import msgspec

from plant.site import Point
from simulators.wire.device_form import DeviceForm
from simulators.wire.port import Address, Message, Quiet, Speaker, Told, device_of, key_of, keys_of, plain_word


class AlinkForm(DeviceForm):
    """One property post for all that a device measures at one time."""

    name = "alink"
    topic = "/sys/{device}/thing/event/property/post"

    def address(self, point: Point, of_device: tuple[int, int]) -> Address:
        """See `Form`."""
        return Address(None, f"{point.enterprise}/{plain_word(device_of(point))}", plain_word(key_of(point), "_"))

    def speaker_of(self, point: Point) -> str:
        """See `Form`."""
        if len(device_of(point).split("/")) != 2:
            raise ValueError(f"device {device_of(point)!r} is no <productKey>/<deviceName>")
        return device_of(point)

    def speaker(self, name: str, points: Sequence[Point], topic: str | None) -> Speaker:
        """See `Form`."""
        return _Device(self.one_topic(points, topic), points)

    def settings(self) -> str:
        """See `Form`."""
        return self.wire("/sys/{enterprise}/+/thing/event/property/post")


class _Device(Quiet):
    def __init__(self, topic: str, points: Sequence[Point]) -> None:
        self._topic = topic
        self._keys = keys_of(points)
        self._ids = count(1)

    def say(self, told: Sequence[Told]) -> list[Message]:
        return [Message(self._topic, self._post(one)) for one in told]

    def _post(self, told: Told) -> bytes:
        params = {self._keys[p]: {"value": value, "time": told.at_ms} for p, value in told.values.items()}
        post = {"id": str(next(self._ids)), "version": "1.0", "sys": {"ack": 0}, "params": params}
        return msgspec.json.encode({**post, "method": "thing.event.property.post"})
