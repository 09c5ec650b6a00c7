"""Which point a value is: by (topic, key) of points.csv, else by key == point id within the topic's enterprise."""

from array import array
from collections.abc import Sequence
from typing import Final, final

import msgspec

from ingest import units
from ingest.device_points import DevicePoints
from ingest.reason import Reason
from ingest.routes import Match, Route, match_topic
from ingest.wire_topic import WireTopic
from plant.registry import PointRegistry
from plant.site import Site

_PREFIX: Final = "tocsin/v1/"
EXERCISE_PREFIX: Final = "tocsin/exercise/"
"""Topics under it are never real: no route, table or subscription makes them so."""
_NO_ENTERPRISE: Final = ""


class Resolved(msgspec.Struct, frozen=True, gc=False):
    """The points of one tuple of keys."""

    points: bytes
    """uint32 numbers of the keys that were found, native byte order."""
    found: tuple[bool, ...] | None
    """Which of the keys were found; None when all were."""
    rejected: tuple[tuple[Reason, str], ...]
    """(reason, key) of the others."""


@final
class TopicPoints:
    """What one topic may report. Remembers the key tuples it has seen, as a device sends the same keys again."""

    __slots__ = ("_lookup", "_mapped", "_resolved", "enterprise")

    def __init__(self, lookup: "PointLookup", enterprise: str, mapped: dict[str, int]) -> None:
        self.enterprise = enterprise
        """Empty for a topic that is not of the native form and only stands in points.csv."""
        self._lookup = lookup
        self._mapped = mapped
        self._resolved: dict[tuple[str, ...], Resolved] = {}

    def resolve(self, keys: tuple[str, ...]) -> Resolved:
        """The points of the keys, in their order."""
        known = self._resolved.get(keys)
        return known if known is not None else self._resolve(keys)

    def find(self, key: str) -> int | Reason:
        """The number of one point, or why there is none."""
        number = self._mapped.get(key)
        point = self._lookup.points.get(key) if number is None else None
        if point is not None:
            owner, number = point
            if not self.enterprise:
                return Reason.UNKNOWN_POINT
            return number if owner == self.enterprise else Reason.FOREIGN_ENTERPRISE
        if number is None:
            return Reason.UNKNOWN_POINT
        owner = self._lookup.owner(number)
        return number if self.enterprise in (owner, _NO_ENTERPRISE) else Reason.FOREIGN_ENTERPRISE

    def _resolve(self, keys: tuple[str, ...]) -> Resolved:
        answers = [self.find(key) for key in keys]
        rejected = tuple((a, k) for a, k in zip(answers, keys, strict=True) if isinstance(a, Reason))
        resolved = Resolved(
            array("I", (a for a in answers if not isinstance(a, Reason))).tobytes(),
            tuple(not isinstance(a, Reason) for a in answers) if rejected else None,
            rejected,
        )
        if resolved.points and self._lookup.make_room(len(keys)):
            self._resolved[keys] = resolved
        return resolved

    def forget(self) -> None:
        self._resolved.clear()


class PointLookup:
    """Built from a site and the registry that numbered its points; build a new one when either changes.

    ValueError if a point of the site has no number yet.
    """

    def __init__(
        self,
        site: Site,
        registry: PointRegistry,
        routes: Sequence[Route] = (),
        *,
        max_topics: int = 200_000,
        max_cached_keys: int = 4_000_000,
    ) -> None:
        """`routes` are tried in their order; a topic of none of them is of the native form. `max_topics` and
        `max_cached_keys` bound the caches; past one, the caches start anew.
        """
        self.points: dict[str, tuple[str, int]] = {}
        """Point id -> (enterprise, number); read only."""
        self.enterprises = tuple(site.enterprises)
        self.routes = tuple(routes)
        self._site = site
        self._registry = registry
        self._owners: dict[int, str] = {}
        self._mapped: dict[str, dict[str, int]] = {}
        self._devices: dict[str, DevicePoints] = {}
        self._topics: dict[str, TopicPoints | WireTopic] = {}
        self._units = units.Units()
        self._max_topics = max_topics
        self._max_cached_keys = max_cached_keys
        self._cached_keys = 0
        for point in site.points.values():
            number = registry.number_of(point.point)
            if number is None:
                raise ValueError(f"point {point.point} has no number: assign the site's points first")
            self.points[point.point] = (point.enterprise, number)
            if point.topic is not None:
                self._mapped.setdefault(point.topic, {})[point.key or point.point] = number
                self._owners[number] = point.enterprise
            if point.device is not None:
                self._devices.setdefault(point.device, DevicePoints()).add(
                    point.key or point.point, number, point.enterprise
                )
                self._owners[number] = point.enterprise
        if any(route.make_codec is not None for route in self.routes):
            units.prepare()

    def topic(self, topic: str) -> TopicPoints | WireTopic | None:
        """What a topic may report; None if no route has it and it is neither of the native form nor in points.csv."""
        known = self._topics.get(topic)
        return known if known is not None else self._topic(topic)

    def owner(self, number: int) -> str:
        """The enterprise of a point that points.csv gives a topic or a device."""
        return self._owners[number]

    def of_device(self, device: str, key: str, enterprise: str) -> int | None:
        """The point that points.csv gives a device under a key, of one enterprise, or of any where that is "".

        None if there is none, and if there are several: then only a topic could tell which one is meant.
        """
        points = self._devices.get(device)
        return None if points is None else points.find(key, enterprise)

    def device_of(self, number: int) -> str | None:
        """What points.csv calls the device of a point; None where it names none."""
        return self._site.points[self._registry.id_of(number)].device

    def points_of_device(self, device: str, enterprise: str) -> list[int]:
        """All points of a device, of one enterprise, or of any where that is ""."""
        points = self._devices.get(device)
        return [] if points is None else points.all_of(enterprise)

    def conversion(self, number: int, unit: str) -> tuple[float, float] | str:
        """(scale, offset) from a unit of the wire to the point's, or why there is none."""
        return self._units.conversion(self._site.points[self._registry.id_of(number)], unit)

    def forget(self) -> None:
        """Drop the caches: a lookup that was replaced is then free at once."""
        self._topics.clear()
        self._cached_keys = 0

    def make_room(self, keys: int) -> bool:
        """Count keys that are about to be remembered; False if they are too many to remember at all."""
        if keys > self._max_cached_keys // 10:
            return False
        if self._cached_keys + keys > self._max_cached_keys:
            for topic in self._topics.values():
                topic.forget()
            self._cached_keys = 0
        self._cached_keys += keys
        return True

    def _topic(self, topic: str) -> TopicPoints | WireTopic | None:
        if topic.startswith(EXERCISE_PREFIX):
            return None
        mapped = self._mapped.get(topic)
        match = match_topic(self.routes, topic) if self.routes else None
        enterprise = enterprise_of(topic) if match is None else match.enterprise
        if enterprise is None and mapped is None:
            return None
        if len(self._topics) >= self._max_topics:
            self._topics.clear()
            self._cached_keys = 0
        made = self._topics[topic] = self._make(topic, match, enterprise or _NO_ENTERPRISE, mapped or {})
        return made

    def _make(
        self, topic: str, match: Match | None, enterprise: str, mapped: dict[str, int]
    ) -> TopicPoints | WireTopic:
        if match is not None and match.route.make_codec is not None:
            return WireTopic(self, topic, match, mapped)
        return TopicPoints(self, enterprise, mapped)


def enterprise_of(topic: str) -> str | None:
    """The enterprise in a topic of the native form `tocsin/v1/<enterprise>/<device>/up`, else None."""
    if not topic.startswith(_PREFIX):
        return None
    levels = topic.split("/")
    if len(levels) != 5 or levels[4] != "up" or not levels[2] or not levels[3]:
        return None
    return levels[2]
