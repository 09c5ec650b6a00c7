"""What forms have in common in which each device speaks for itself and keeps no session."""

from collections.abc import Sequence
from typing import ClassVar

from plant.site import Point
from simulators.wire.port import Address, device_of, key_of, own_device, topic_for


class DeviceForm:
    """The parts of `Form` that are alike; a form adds `name`, `speaker` and `settings`."""

    name: ClassVar[str]
    gathers = False
    has_sessions = False
    topic: ClassVar[str]
    """The usual pattern."""

    def address(self, point: Point, of_device: tuple[int, int]) -> Address:
        """See `Form`: device and key as they are."""
        return Address(None, own_device(point), key_of(point))

    def speaker_of(self, point: Point) -> str:
        """See `Form`."""
        return f"{point.enterprise}/{device_of(point)}"

    def files(self) -> dict[str, str]:
        """See `Form`."""
        return {}

    def one_topic(self, points: Sequence[Point], given: str | None) -> str:
        """The topic of a device, of which all points have the same."""
        return topic_for(points[0], self.topic, given)

    def wire(self, topics: str, more: str = "") -> str:
        """A [[wire]] section."""
        return f'[[wire]]\ntopics = ["{topics}"]\nform = "{self.name}"\n{more}'
