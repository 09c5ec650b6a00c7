"""How a site is divided into shards: which enterprise, point and rule belongs to which. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from aiokafka.partitioner import murmur2
from numpy.typing import NDArray

from plant.entries import Configuration, DeviceDown, Entry, Readings, SourceDown, SourceUp, Tick
from plant.registry import PointRegistry
from plant.site import Site
from rules.schema import Rule
from rules.several import resolve
from rules.subjects import SubjectIndex
from tocsin.kafka.topics import Shard

NO_SHARD = -1


def partition_of(enterprise: str, partitions: int) -> Shard:
    """The partition of an enterprise: the one that Kafka's own default partitioner gives its id as a key."""
    return int((murmur2(enterprise.encode()) & 0x7FFFFFFF) % partitions)


class Division:
    """One version of the configuration, divided among `partitions` and the second stage. Make it once a version.

    A rule whose subject rests on points of several partitions is the second stage's, whole. All others are decided
    in the partitions, each over its own enterprises alone. The second stage sees every point of the units that its
    rules rest on, under all rules, for a member's condition is another rule's; only its own rules' events count.
    """

    def __init__(self, site: Site, rules: Sequence[Rule], registry: PointRegistry, partitions: int) -> None:
        self.site, self.rules, self.partitions = site, tuple(rules), partitions
        self._shard_of = {name: partition_of(name, partitions) for name in site.enterprises}
        points = list(site.points.values())
        shards = np.array([self._shard_of[point.enterprise] for point in points], dtype=np.int32)
        index = SubjectIndex(site)
        spanning: set[str] = set()
        units: set[str] = set()
        for found in resolve(site, rules, index)[0]:
            shard = shards[found.points]
            least = np.full(len(found.ids), partitions, dtype=np.int32)
            most = np.full(len(found.ids), NO_SHARD, dtype=np.int32)
            np.minimum.at(least, found.points_subject, shard)
            np.maximum.at(most, found.points_subject, shard)
            if bool((least < most).any()):
                spanning.add(found.rule.id)
                units |= {points[at].unit for at in np.unique(found.points).tolist()}
        self.spanning_rules: frozenset[str] = frozenset(spanning)
        self._spanning_units = units
        numbers = np.array([registry.numbers[point.point] for point in points], dtype=np.intp)
        size = int(numbers.max()) + 1 if len(numbers) else 0
        self.shard_of_point: NDArray[np.int32] = np.full(size, NO_SHARD, dtype=np.int32)
        """By point number; NO_SHARD where this version has no such point."""
        self.shard_of_point[numbers] = shards
        self._spans: NDArray[np.bool_] = np.zeros(size, dtype=np.bool_)
        self._spans[numbers] = [point.unit in units for point in points]

    @property
    def second_stage(self) -> Shard:
        return self.partitions

    def shard_of(self, enterprise: str) -> Shard:
        """Where alarms of an enterprise are decided; those of none (the whole site's) in the second stage."""
        if not enterprise:
            return self.second_stage
        known = self._shard_of.get(enterprise)
        return partition_of(enterprise, self.partitions) if known is None else known

    def enterprises_of(self, shard: Shard) -> list[str]:
        """Those of a partition, in the order of the site."""
        return [name for name, own in self._shard_of.items() if own == shard]

    def site_of(self, shard: Shard) -> Site:
        """The part of the site that a shard decides over."""
        site = self.site
        if shard == self.second_stage:
            units = {name: unit for name, unit in site.units.items() if name in self._spanning_units}
        else:
            units = {name: unit for name, unit in site.units.items() if self._shard_of[unit.enterprise] == shard}
        points = {name: point for name, point in site.points.items() if point.unit in units}
        # The whole site's enterprises, regions, devices and people stay: nothing is decided by their number.
        return replace(site, units=units, points=points)

    def rules_of(self, shard: Shard) -> tuple[Rule, ...]:
        """The rules that a shard's engine runs."""
        if shard == self.second_stage:
            return self.rules
        return tuple(rule for rule in self.rules if rule.id not in self.spanning_rules)

    def is_told(self, shard: Shard, rule: str) -> bool:
        """Whether events of a rule count where they come from this shard."""
        return (rule in self.spanning_rules) == (shard == self.second_stage)

    def split(self, entry: Entry, *, lease: str | None = None) -> Iterator[tuple[Shard, Entry]]:
        """The entries that shards get of one entry; readings of points that this version lacks are left out.

        With `lease`, the second stage knows the source as SOURCE/LEASE: each lease has a connection of its own, and
        one that comes up again excuses the silence of its own points only. Ticks, connections and configurations go
        to all shards. ValueError for a person's act, which belongs to the shard of its alarm.
        """
        match entry:
            case Readings():
                yield from self._readings(entry, lease)
            case DeviceDown():
                yield from self._device_down(entry, lease)
            case SourceUp() | SourceDown():
                for shard in range(self.partitions):
                    yield shard, entry
                yield self.second_stage, replace(entry, source=_named(entry.source, lease))
            case Tick() | Configuration():
                for shard in range(self.partitions + 1):
                    yield shard, entry
            case _:
                raise ValueError(f"{type(entry).__name__} belongs to the shard of its alarm")

    def _readings(self, entry: Readings, lease: str | None) -> Iterator[tuple[Shard, Entry]]:
        batch = entry.batch
        known = batch.point < len(self.shard_of_point)
        if not known.all():
            batch = batch.select(known)
        shards = self.shard_of_point[batch.point]
        first = int(shards[0]) if len(shards) else NO_SHARD
        if first != NO_SHARD and bool((shards == first).all()):
            yield first, replace(entry, batch=batch)
        else:
            for shard in np.unique(shards).tolist():
                if shard != NO_SHARD:
                    yield shard, replace(entry, batch=batch.select(shards == shard))
        spans = self._spans[batch.point]
        if spans.any():
            source = _named(entry.source, lease)
            yield self.second_stage, Readings(entry.received_at_ms, batch.select(spans), source)

    def _device_down(self, entry: DeviceDown, lease: str | None) -> Iterator[tuple[Shard, Entry]]:
        def among(wanted: Iterable[bool]) -> tuple[int, ...]:
            return tuple(point for point, there in zip(points, wanted, strict=True) if there)

        points = [point for point in entry.points if point < len(self.shard_of_point)]
        shards = [int(self.shard_of_point[point]) for point in points]
        for shard in sorted(set(shards) - {NO_SHARD}):
            yield shard, replace(entry, points=among(own == shard for own in shards))
        if spanning := among(bool(self._spans[point]) for point in points):
            yield self.second_stage, replace(entry, points=spanning, source=_named(entry.source, lease))


def _named(source: str, lease: str | None) -> str:
    return source if lease is None else f"{source}/{lease}"
