"""The port of a wire form on the devices' side: readings -> the messages that devices of that form would send. Pure.

A speaker is who talks: a device, or the gateway that talks for several. It is told readings with their times and says
messages; it keeps what its form keeps (aliases, numbers), and nothing else.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from plant.site import Point

NATIVE_PREFIX = "tocsin/v1/"


class Message(NamedTuple):
    """What goes over the wire. Over TCP the topic is not sent."""

    topic: str
    payload: bytes


class Told(NamedTuple):
    """Readings of one device at one time: ms since the epoch, and values by the point's id; None is a missing value."""

    at_ms: int
    values: Mapping[str, float | None]


class Address(NamedTuple):
    """The cells of points.csv by which a form finds a point; None stands for an empty one."""

    topic: str | None
    device: str | None
    key: str | None


class Speaker(Protocol):
    """A device or gateway with its points."""

    subscriptions: tuple[str, ...]
    """Topic filters of what it listens to."""

    def begin(self) -> Message | None:
        """A connection is about to be made; returns the will that the broker sends when it breaks."""

    def births(self, at_ms: int) -> list[Message]:
        """What it says first on a new connection."""

    def say(self, told: Sequence[Told]) -> list[Message]:
        """Readings, in the order of their arrival; several only where the form `gathers`."""

    def lose(self, points: frozenset[str], at_ms: int) -> list[Message]:
        """It cannot reach these points of its own any more, until it says readings of them again."""

    def heard(self, topic: str, payload: bytes, at_ms: int) -> list[Message]:
        """Something came in by a subscription; returns what it answers."""

    def farewell(self, at_ms: int) -> list[Message]:
        """What it says before it leaves."""


class Form(Protocol):
    """One wire form."""

    name: str
    gathers: bool
    """Whether a speaker is a gateway that sends the readings of a second together."""
    has_sessions: bool
    """Whether each speaker needs a connection of its own."""

    def address(self, point: Point, of_device: tuple[int, int]) -> Address:
        """The cells that a point of a made-up site gets. `of_device`: number of the device, and of the point within
        it, both from 1 on. ValueError where the form can't express the point.
        """

    def speaker_of(self, point: Point) -> str:
        """Who speaks for a point, by the cells of points.csv. ValueError where these don't fit the form."""

    def speaker(self, name: str, points: Sequence[Point], topic: str | None) -> Speaker:
        """A speaker for the points that `speaker_of` gives this name; `topic` is a pattern instead of the usual one."""

    def settings(self) -> str:
        """The section of tocsin.toml that reads the form."""

    def files(self) -> dict[str, str]:
        """Files beside tocsin.toml that the section names."""


class Quiet:
    """A speaker that keeps no session: the parts of `Speaker` that most forms don't need."""

    subscriptions: tuple[str, ...] = ()

    def begin(self) -> Message | None:
        """See `Speaker`."""
        return None

    def births(self, at_ms: int) -> list[Message]:
        """See `Speaker`."""
        return []

    def lose(self, points: frozenset[str], at_ms: int) -> list[Message]:
        """See `Speaker`."""
        return []

    def heard(self, topic: str, payload: bytes, at_ms: int) -> list[Message]:
        """See `Speaker`."""
        return []

    def farewell(self, at_ms: int) -> list[Message]:
        """See `Speaker`."""
        return []


def device_of(point: Point) -> str:
    """What the wire calls a point's device: the cell, else the unit."""
    return point.device or point.unit


def key_of(point: Point) -> str:
    """What the wire calls the value: the cell, else the point's id."""
    return point.key or point.point


def keys_of(points: Sequence[Point]) -> dict[str, str]:
    """The key of each point, by its id."""
    return {p.point: key_of(p) for p in points}


def units_of(points: Sequence[Point]) -> dict[str, str]:
    """The unit of each point that has one, by its id."""
    return {p.point: p.unit_symbol for p in points if p.unit_symbol}


def topic_for(point: Point, usual: str, given: str | None) -> str:
    """The topic of a point: by the given pattern, else the cell where it is of no native topic, else the usual pattern.

    `{enterprise}`, `{device}`, `{unit}` and `{key}` stand for the point's own.
    """
    if given is None and point.topic is not None and not point.topic.startswith(NATIVE_PREFIX):
        return point.topic
    places = {"enterprise": point.enterprise, "device": device_of(point), "unit": point.unit, "key": key_of(point)}
    return re.sub(r"\{(\w+)\}", lambda found: places.get(found[1], found[0]), given or usual)


def plain_word(text: str, others: str = "._-") -> str:
    """The text with `-` for all but ASCII letters, digits and the other characters allowed."""
    return re.sub(rf"[^A-Za-z0-9{re.escape(others)}]", "-", text)


def own_device(point: Point) -> str:
    """A name for the point's device that no other enterprise's device has."""
    device = plain_word(device_of(point))
    return device if device.startswith(point.enterprise) else f"{point.enterprise}-{device}"
