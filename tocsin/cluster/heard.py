"""What was heard of the points of one shard: as its worker's checkpoint has it, and on from there. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from plant.entries import Configuration, DeviceDown, Entry, Position, Readings
from plant.quality import RETAINED
from plant.site import Site
from tocsin.inventory.health import NO_HIGH, NO_LOW, NOT_HEARD, DeviceHealth
from tocsin.inventory.seen import COUNTED
from tocsin.kafka.division import partition_of
from tocsin.kafka.topics import Shard
from tocsin.log.checkpoint_file import State
from tocsin.worker.local_points import LocalPoints

I64 = NDArray[np.int64]
_NO_SOURCE: Final = -1


class ShardHeard:
    """A fold over a shard's log. What the engine counts stays as it was in the checkpoint.

    next      the offset of the entry to take next
    last_ms   the time of the entry before it; None before the first
    version   of the configuration in force, to be told by `follow`; 0 where none is known
    """

    def __init__(self, shard: Shard, partitions: int, first: Position) -> None:
        """One that knows nothing; `first` is the oldest offset that the log still has."""
        self.shard = shard
        self.next = first
        self.last_ms: int | None = None
        self.version = 0
        self.health = DeviceHealth()
        self._partitions = partitions
        self._points = LocalPoints()
        self._sources: dict[str, int] = {}
        self._source = np.zeros(0, dtype=np.int32)
        self._counted: dict[str, I64] = {}
        self._of_site = self._own = np.zeros(0, dtype=np.intp)

    @classmethod
    def of_checkpoint(cls, shard: Shard, partitions: int, state: State) -> "ShardHeard":
        """What goes on from a worker's state. ValueError if that tells nothing of devices."""
        given: dict[str, Any] = dict(state)
        try:
            heard = cls(shard, partitions, int(given["shard.next"]))
            heard.last_ms = None if given["shard.last_ms"] < 0 else int(given["shard.last_ms"])
            heard.version = int(given["shard.version"])
            heard._points = LocalPoints(msgspec.msgpack.decode(given["shard.points"], type=list[str]))
            heard._sources = {name: i for i, name in enumerate(str(given["sources"]).split("\n"))}
            heard._source = np.array(given["points.source"], dtype=np.int32)
            heard._counted = {name: given[f"points.counted.{name}"] for name in COUNTED}
        except (KeyError, TypeError, msgspec.MsgspecError) as error:
            raise ValueError(f"not the state of a shard: {error!r}") from error
        heard.health = DeviceHealth.load(given)
        return heard

    def follow(self, site: Site, numbers: Mapping[str, int], version: int) -> None:
        """This version is in force from now on; `numbers` are those of the site's registry."""
        mine = {name for name in site.enterprises if partition_of(name, self._partitions) == self.shard}
        points = [point.point for point in site.points.values() if point.enterprise in mine]
        self._points.follow(points, numbers)
        local = self._points.registry.numbers
        self._own = np.array([local[point] for point in points], dtype=np.intp)
        self._of_site = np.array([numbers[point] for point in points], dtype=np.intp)
        self._source = _sized(self._source, len(local), _NO_SOURCE)
        self.version = version

    def apply(self, items: Sequence[tuple[Position, Entry]]) -> Configuration | None:
        """Take entries in, up to a configuration that is newer than `version`, which is returned: go on with `follow`,
        and with the entries behind it.
        """
        newer: Configuration | None = None
        taken: list[Entry] = []
        for position, entry in items:
            if position < self.next:
                continue
            taken.append(self._named(entry))
            self.next, self.last_ms = position + 1, entry.received_at_ms
            if isinstance(entry, Configuration) and entry.version > self.version:
                newer = entry
                break
        self.health.apply(taken)
        return newer

    def sources(self) -> dict[str, bool]:
        """The sources that brought readings, or are up: whether they are."""
        return {name: name in self.health.up for name in {*self._sources, *self.health.up} if name}

    def put(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Write this shard's part into columns of the whole site, named as in Seen."""
        health, own, at = self.health, self._own, self._of_site
        size = len(self._points.registry)
        heard_ms = _sized(health.heard_ms, size, NOT_HEARD)
        low, high = health.delays_ms()
        up = np.array([name in health.up for name in self._sources] + [False], dtype=np.bool_)
        found = {
            "heard_ms": heard_ms,
            "silence_ms": health.silence_ms(heard_ms),
            "source_up": up[self._source],
            "down": _sized(health.down, size, 0),
            "delay_low": _sized(low, size, NO_LOW),
            "delay_high": _sized(high, size, NO_HIGH),
            "readings": _sized(health.readings, size, 0),
            **{name: _sized(column, size, 0) for name, column in self._counted.items()},
        }
        for name, column in found.items():
            columns[name][at] = column[own]

    def _named(self, entry: Entry) -> Entry:
        """The entry under the shard's own numbers of points."""
        if isinstance(entry, Readings):
            batch = self._points.batch(entry.batch)
            number = self._sources.setdefault(entry.source, len(self._sources))
            live = batch.point[batch.quality < RETAINED]
            self._source[live] = number
            return replace(entry, batch=batch)
        if isinstance(entry, DeviceDown):
            return replace(entry, points=self._points.points(entry.points))
        return entry


def _sized(column: NDArray[Any], size: int, nothing: int) -> NDArray[Any]:
    """That length, filled up where the column is shorter."""
    if len(column) == size:
        return column
    whole = np.full(size, nothing, dtype=column.dtype)
    whole[: len(column)] = column[:size]
    return whole
