"""Which wire form a topic speaks, and whose topic it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ingest.codecs.port import Codec
from ingest.topic_filter import TopicFilter

NOBODY: Final = "/"
"""The enterprise of a topic that lacks the level which should name it: no id is like this."""


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """The topics of one wire form. Two routes are never equal, so that each may have a codec with its own state."""

    form: str
    topics: tuple[TopicFilter, ...]
    make_codec: Callable[[], Codec] | None = None
    """None: the native form."""
    enterprise: str = ""
    """Whose devices they all are."""
    enterprise_level: int | None = None
    """Which level of the topic, from 1 on, is the id of the enterprise."""


@dataclass(frozen=True, slots=True)
class Match:
    """What a topic says by itself."""

    route: Route
    enterprise: str
    """"" where the route names none: then only points that points.csv maps may be reported."""
    device: str
    key: str


def match_topic(routes: Sequence[Route], topic: str) -> Match | None:
    """The first route that has the topic; None if none has."""
    for route in routes:
        for topics in route.topics:
            captured = topics.match(topic)
            if captured is None:
                continue
            enterprise = captured.get("enterprise", route.enterprise)
            if route.enterprise_level is not None:
                level = topic.split("/")[route.enterprise_level - 1 : route.enterprise_level]
                enterprise = level[0] if level else ""
            if not enterprise and ("enterprise" in captured or route.enterprise_level is not None):
                enterprise = NOBODY
            return Match(route, enterprise, captured.get("device", ""), captured.get("key", ""))
    return None
