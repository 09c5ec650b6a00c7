"""Readings as the JSON of a made-up vendor, for which a mapping file is written: with times, units and states."""

from collections.abc import Sequence
from typing import Final

import msgspec

from plant.site import Point
from simulators.wire.device_form import DeviceForm
from simulators.wire.port import Message, Quiet, Speaker, Told, device_of, keys_of, units_of

FILE: Final = "wires/vendor.yaml"
MAPPING: Final = """\
# {"sn": "D7", "at": 1732190000123, "list": [{"id": "gas1", "v": 12.5, "u": "%LEL", "s": 0}]}
records: list
device: $.sn
time: {path: $.at, format: ms}
values:
  - {key_path: id, path: v, unit_path: u}
quality: {path: s, map: {"0": good, "1": bad}}
"""


class MappingForm(DeviceForm):
    """One message for all that a device measures at one time."""

    name = "mapping"
    topic = "vendor/{enterprise}/{device}"

    def speaker(self, name: str, points: Sequence[Point], topic: str | None) -> Speaker:
        """See `Form`."""
        return _Device(self.one_topic(points, topic), points)

    def settings(self) -> str:
        """See `Form`."""
        return self.wire(self.topic, f'mapping = "{FILE}"\n')

    def files(self) -> dict[str, str]:
        """See `Form`."""
        return {FILE: MAPPING}


class _Device(Quiet):
    def __init__(self, topic: str, points: Sequence[Point]) -> None:
        self._topic = topic
        self._device = device_of(points[0])
        self._keys = keys_of(points)
        self._units = units_of(points)

    def say(self, told: Sequence[Told]) -> list[Message]:
        return [Message(self._topic, self._message(one)) for one in told]

    def _message(self, told: Told) -> bytes:
        rows: list[dict[str, object]] = []
        for point, value in told.values.items():
            row: dict[str, object] = {"id": self._keys[point], "v": value, "s": int(value is None)}
            if point in self._units:
                row["u"] = self._units[point]
            rows.append(row)
        return msgspec.json.encode({"sn": self._device, "at": told.at_ms, "list": rows})
