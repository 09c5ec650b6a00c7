"""Readings as one value a topic. Such messages carry no time: they count from when they arrive."""

from collections.abc import Sequence

from plant.site import Point
from simulators.wire.device_form import DeviceForm
from simulators.wire.port import Address, Message, Quiet, Speaker, Told, key_of, own_device, plain_word, topic_for


class PlainForm(DeviceForm):
    """One message for each value, with its unit where the point has one that is a word of its own."""

    name = "plain"
    topic = "plain/{enterprise}/{device}/{key}"

    def address(self, point: Point, of_device: tuple[int, int]) -> Address:
        """See `Form`."""
        return Address(None, own_device(point), plain_word(key_of(point)))

    def speaker(self, name: str, points: Sequence[Point], topic: str | None) -> Speaker:
        """See `Form`."""
        return _Device({p.point: topic_for(p, self.topic, topic) for p in points}, points)

    def settings(self) -> str:
        """See `Form`."""
        return self.wire(self.topic)


class _Device(Quiet):
    def __init__(self, topics: dict[str, str], points: Sequence[Point]) -> None:
        self._topics = topics
        self._units = {
            p.point: f" {p.unit_symbol}" if p.unit_symbol and not p.unit_symbol[0].isdigit() else "" for p in points
        }

    def say(self, told: Sequence[Told]) -> list[Message]:
        return [
            Message(self._topics[point], b"null" if value is None else f"{value:.12g}{self._units[point]}".encode())
            for one in told
            for point, value in one.values.items()
        ]
