"""Fire-alarm transmission devices of GB/T 26875.3: a device is a source address, its values are analogue ones."""

import re
from collections.abc import Sequence
from itertools import count
from typing import Final

from ingest.codecs.gb26875.objects import ANALOG_TYPES, AS_SENT
from plant.site import Point
from simulators.wire.device_form import DeviceForm
from simulators.wire.gb26875 import Analog, encode
from simulators.wire.port import Address, Message, Quiet, Speaker, Told, device_of, key_of

MAKERS_OWN: Final = 128
"""The analogue type of quantities that the standard has none for: whole numbers without a unit."""
_TYPE_OF: Final = {analog.unit: number for number, analog in ANALOG_TYPES.items() if analog.unit} | {"kPa": 5}
_GAS_DETECTOR: Final = 10
_ADDRESS: Final = re.compile(r"[0-9A-F]{12}")
_KEY: Final = re.compile(r"(\d+)-(\d+)-(\d+)-(\d+)-(\d+)")
_LARGEST: Final = 32_767


class Gb26875Form(DeviceForm):
    """One frame for all that a device measures at one time, which has whole seconds. A missing value is not sent."""

    name = "gb26875"
    topic = "gb26875/{enterprise}/{device}"

    def address(self, point: Point, of_device: tuple[int, int]) -> Address:
        """See `Form`. Where the standard has no analogue type of the unit, values go out as whole numbers."""
        device, place = of_device
        analog = _TYPE_OF.get(point.unit_symbol or "", MAKERS_OWN)
        component = _GAS_DETECTOR if point.kind.startswith("gas.") else 0
        most = max(abs(point.range_low or 0.0), abs(point.range_high or 0.0))
        if most * ANALOG_TYPES.get(analog, AS_SENT).divisor * 1.1 > _LARGEST:
            raise ValueError(f"values up to {most:g} {point.unit_symbol or ''} don't fit into 16 bits")
        return Address(None, f"{device:012X}", f"1-1-{component}-{place}-{analog}")

    def speaker_of(self, point: Point) -> str:
        """See `Form`."""
        if not _ADDRESS.fullmatch(device_of(point)):
            raise ValueError(f"device {device_of(point)!r} is no source address, which has 12 digits of 0-9 A-F")
        if not _KEY.fullmatch(key_of(point)):
            raise ValueError(f"key {key_of(point)!r} is no <system>-<address>-<component>-<address>-<analogue type>")
        return device_of(point)

    def speaker(self, name: str, points: Sequence[Point], topic: str | None) -> Speaker:
        """See `Form`."""
        return _Device(self.one_topic(points, topic), points)

    def settings(self) -> str:
        """See `Form`."""
        return self.wire(self.topic.replace("{device}", "+"), 'answer_topic = "gb26875/answers/{device}"\n')


class _Device(Quiet):
    def __init__(self, topic: str, points: Sequence[Point]) -> None:
        self._topic = topic
        self._source = bytes.fromhex(device_of(points[0]))[::-1]
        self._places = {p.point: tuple(map(int, key_of(p).split("-"))) for p in points}
        self._serials = count()

    def say(self, told: Sequence[Told]) -> list[Message]:
        said: list[Message] = []
        for at_ms, values in told:
            things = [self._analog(point, value) for point, value in values.items() if value is not None]
            if things:
                frame = encode(self._source, things, at_ms, serial=next(self._serials) & 0xFFFF)
                said.append(Message(self._topic, frame))
        return said

    def _analog(self, point: str, value: float) -> Analog:
        system, address, component, place, analog = self._places[point]
        most = _LARGEST / ANALOG_TYPES.get(analog, AS_SENT).divisor
        return Analog(system, address, component, place, analog, min(max(value, -most), most))
