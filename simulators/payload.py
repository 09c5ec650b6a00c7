"""Readings as MQTT messages in the native form: what a gateway would send (docs/reference, MQTT native form)."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from plant.batch import Batch
from plant.site import Point, Site


@dataclass(frozen=True, slots=True)
class Message:
    """One message: all readings of one device at one instant. `measured_at_ms` is the scenario's time."""

    topic: str
    measured_at_ms: int
    values: dict[str, float | None]

    def payload(self, ts_ms: int) -> bytes:
        """The native payload with the given time; a value that is no number goes out as null."""
        return msgspec.json.encode({"ts": ts_ms, "values": self.values})


class Grouping:
    """Where each point's readings go: (topic, key), by the columns of points.csv."""

    def __init__(self, site: Site) -> None:
        self._places = [(topic_of(p), p.key or p.point) for p in site.points.values()]

    def messages(self, batch: Batch) -> Iterator[Message]:
        """The messages of a batch in order of time; point numbers are places in points.csv."""
        open_at: int | None = None
        groups: dict[str, dict[str, float | None]] = {}
        columns = zip(batch.point.tolist(), batch.measured_at_ms.tolist(), batch.value.tolist(), strict=True)
        for number, measured_at_ms, value in columns:
            if measured_at_ms != open_at:
                if open_at is not None:
                    yield from (Message(topic, open_at, values) for topic, values in groups.items())
                open_at, groups = measured_at_ms, {}
            topic, key = self._places[number]
            groups.setdefault(topic, {})[key] = value if value == value else None
        if open_at is not None:
            yield from (Message(topic, open_at, values) for topic, values in groups.items())


def topic_of(point: Point) -> str:
    """The topic on which a point's device publishes."""
    return point.topic or f"tocsin/v1/{point.enterprise}/{point.device or point.unit}/up"
