"""Sparkplug B edge nodes: a unit's gateway is a node, of which its devices are devices; births, rebirths and deaths."""

from collections.abc import Sequence
from typing import Final

from ingest.codecs.sparkplug.metric import BOOLEAN
from ingest.codecs.sparkplug.schema import DecodeError, Payload
from plant.site import Point
from simulators.wire.port import Address, Message, Speaker, Told, device_of, key_of, plain_word
from simulators.wire.sparkplug import EdgeNode

_REBIRTH: Final = b"Node Control/Rebirth"


class SparkplugForm:
    """Readings of each device in DDATA, of the node's own points in NDATA."""

    name = "sparkplug"
    gathers = False
    has_sessions = True

    def address(self, point: Point, of_device: tuple[int, int]) -> Address:
        """See `Form`: the group is the enterprise, the node the unit."""
        device = plain_word(device_of(point))
        return Address(None, f"{point.enterprise}/{point.unit}/{device}", f"{point.kind}/{key_of(point)}")

    def speaker_of(self, point: Point) -> str:
        """See `Form`."""
        levels = device_of(point).split("/")
        if len(levels) not in (2, 3) or not all(levels):
            raise ValueError(f"device {device_of(point)!r} is no <group>/<node> or <group>/<node>/<device>")
        return "/".join(levels[:2])

    def speaker(self, name: str, points: Sequence[Point], topic: str | None) -> Speaker:
        """See `Form`. ValueError where a topic is given: the specification names them."""
        if topic is not None:
            raise ValueError("the topics of sparkplug are those of its specification")
        return _Node(name, points)

    def settings(self) -> str:
        """See `Form`."""
        return f'[[wire]]\ntopics = ["spBv1.0/#"]\nform = "{self.name}"\nenterprise_level = 2\n'

    def files(self) -> dict[str, str]:
        """See `Form`."""
        return {}


class _Node:
    """A device is born with the first readings of it; what it measured last stands in each later birth, at its time."""

    def __init__(self, name: str, points: Sequence[Point]) -> None:
        self._group, _, self._name = name.partition("/")
        self._node = EdgeNode(self._group, self._name)
        self._places = {p.point: (_device_level(p), key_of(p)) for p in points}
        self._latest: dict[str, dict[str, tuple[float | None, int]]] = {}
        self._born: dict[str, frozenset[str]] = {}
        self._has_begun = False
        self.subscriptions: tuple[str, ...] = (f"spBv1.0/{self._group}/NCMD/{self._name}",)

    def begin(self) -> Message | None:
        if self._has_begun:
            self._node.death()  # the broker has sent it
        self._has_begun = True
        return Message(*self._node.will())

    def births(self, at_ms: int) -> list[Message]:
        self._born.clear()
        own = self._latest.get("", {})
        said = [Message(*self._birth("", own, at_ms))]
        return said + [Message(*self._birth(d, known, at_ms)) for d, known in self._latest.items() if d]

    def say(self, told: Sequence[Told]) -> list[Message]:
        said: list[Message] = []
        for at_ms, values in told:
            device = self._places[next(iter(values))][0]
            by_key = {self._places[p][1]: value for p, value in values.items()}
            known = self._latest.setdefault(device, {})
            known.update((key, (value, at_ms)) for key, value in by_key.items())
            if by_key.keys() <= self._born.get(device, frozenset()):
                said.append(Message(*self._node.data(by_key, at_ms, device)))
            elif device:
                said.append(Message(*self._birth(device, known, at_ms)))
            else:
                said += self.births(at_ms)
        return said

    def lose(self, points: frozenset[str], at_ms: int) -> list[Message]:
        lost = {self._places[p][0] for p in points}
        left = {device for p, (device, _) in self._places.items() if p not in points}
        gone = sorted(lost - left - {""}) if lost else []
        return [Message(*self._node.device_death(d, at_ms)) for d in gone if self._born.pop(d, None) is not None]

    def heard(self, topic: str, payload: bytes, at_ms: int) -> list[Message]:
        try:
            message = Payload.FromString(payload)
        except DecodeError:
            return []
        asked = any(m.name == _REBIRTH and m.boolean_value for m in message.metrics if m.datatype in (0, BOOLEAN))
        return self.births(at_ms) if asked else []

    def farewell(self, at_ms: int) -> list[Message]:
        return [Message(*self._node.will())]

    def _birth(self, device: str, known: dict[str, tuple[float | None, int]], at_ms: int) -> tuple[str, bytes]:
        self._born[device] = frozenset(known)
        values = {key: value for key, (value, _) in known.items()}
        return self._node.birth(values, at_ms, device, {key: at for key, (_, at) in known.items()})


def _device_level(point: Point) -> str:
    levels = device_of(point).split("/")
    return levels[2] if len(levels) == 3 else ""
