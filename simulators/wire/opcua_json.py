"""Readings as OPC UA PubSub network messages in JSON."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Final

import msgspec

from plant.site import Point
from simulators.wire.device_form import DeviceForm
from simulators.wire.port import Message, Quiet, Speaker, Told, device_of, keys_of

_BAD: Final = 0x8000_0000
_WRITER: Final = 1


class OpcuaJsonForm(DeviceForm):
    """A device is a publisher with one writer; a field is a data value with its source timestamp."""

    name = "opcua_json"
    topic = "opcua/json/data/{device}"

    def speaker(self, name: str, points: Sequence[Point], topic: str | None) -> Speaker:
        """See `Form`."""
        return _Publisher(self.one_topic(points, topic), points)

    def settings(self) -> str:
        """See `Form`."""
        return self.wire("opcua/json/data/+")


class _Publisher(Quiet):
    def __init__(self, topic: str, points: Sequence[Point]) -> None:
        self._topic = topic
        self._keys = keys_of(points)
        self._id = device_of(points[0])
        self._numbers = count(1)

    def say(self, told: Sequence[Told]) -> list[Message]:
        return [Message(self._topic, self._message(one)) for one in told]

    def _message(self, told: Told) -> bytes:
        at = datetime.fromtimestamp(told.at_ms / 1000.0, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        number = next(self._numbers)
        fields: dict[str, dict[str, object]] = {}
        for point, value in told.values.items():
            field: dict[str, object] = {"Value": value, "SourceTimestamp": at}
            if value is None:
                field["StatusCode"] = _BAD
            fields[self._keys[point]] = field
        data_set = {"DataSetWriterId": _WRITER, "SequenceNumber": number, "Timestamp": at, "Payload": fields}
        whole = {"MessageId": f"{self._id}-{number}", "MessageType": "ua-data", "PublisherId": self._id}
        return msgspec.json.encode({**whole, "Messages": [data_set]})
