"""Data loggers of HJ 212-2017: a device is a logger, its name the MN."""

import re
from collections.abc import Sequence
from typing import Final

from plant.site import Point
from simulators.wire.device_form import DeviceForm
from simulators.wire.hj212 import encode
from simulators.wire.port import Address, Message, Quiet, Speaker, Told, device_of, key_of, keys_of, own_device

ANSWERS: Final = "hj212/answers/{device}"
_MN: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_FIELD: Final = re.compile(r"[A-Za-z0-9_.]+-[A-Za-z]+")


class Hj212Form(DeviceForm):
    """One packet of real-time data for all that a device measures at one time, which has whole seconds."""

    name = "hj212"
    topic = "hj212/{enterprise}/{device}"

    def address(self, point: Point, of_device: tuple[int, int]) -> Address:
        """See `Form`."""
        return Address(None, own_device(point)[:64], f"{re.sub('[^A-Za-z0-9_.]', '_', key_of(point))}-Rtd")

    def speaker_of(self, point: Point) -> str:
        """See `Form`."""
        if not _MN.fullmatch(device_of(point)):
            raise ValueError(f"device {device_of(point)!r} is no MN, which has 1 to 64 of A-Z a-z 0-9 _ . -")
        if not _FIELD.fullmatch(key_of(point)):
            raise ValueError(f"key {key_of(point)!r} is no field such as a01001-Rtd")
        return device_of(point)

    def speaker(self, name: str, points: Sequence[Point], topic: str | None) -> Speaker:
        """See `Form`."""
        return _Logger(self.one_topic(points, topic), points)

    def settings(self) -> str:
        """See `Form`."""
        return self.wire("hj212/{enterprise}/+", f'answer_topic = "{ANSWERS}"\n')


class _Logger(Quiet):
    def __init__(self, topic: str, points: Sequence[Point]) -> None:
        self._topic = topic
        self._device = device_of(points[0])
        self._keys = keys_of(points)

    def say(self, told: Sequence[Told]) -> list[Message]:
        return [
            Message(self._topic, encode(self._device, {self._keys[p]: v for p, v in values.items()}, at_ms))
            for at_ms, values in told
        ]
