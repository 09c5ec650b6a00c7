"""Devices of a log in several parts: the figures are those of the one log that was dealt out."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, cast

import numpy as np
import pytest
from support.site_builder import build_site

from plant.batch import Batch
from plant.entries import Configuration, DeviceDown, Entry, Readings, SourceDown, SourceUp, Tick
from plant.quality import RETAINED, Quality
from plant.registry import PointRegistry
from rules.engine import Engine, make_plan, reconfigure
from tocsin.cluster.heard import ShardHeard
from tocsin.configuration import Configured, read_configuration
from tocsin.inventory.device_table import device_table
from tocsin.inventory.health import DeviceHealth
from tocsin.inventory.inventory import make_inventory
from tocsin.inventory.rate import OnlineRate, online_rate
from tocsin.inventory.seen import COUNTED, Seen, look
from tocsin.kafka.deal import Loaded, deal
from tocsin.kafka.division import Division, partition_of
from tocsin.log.memory import MemoryLog
from tocsin.records import Records
from tocsin.records.parts import LogPart
from tocsin.worker.divided import Divided
from tocsin.worker.shard import ShardFold

T0 = 1_732_190_400_000
PARTITIONS = 3
SECONDS = 90
RULES = "rules: [{id: silent, applies_to: {kind: gas.oxygen}, condition: {stale: {after_s: 7}}, severity: blue}]\n"


def configured_with(folder: Path, points: int) -> Configured:
    """Twelve enterprises; every fourth point reports on change alone."""
    site = build_site(folder, points, enterprises=12, rules={"rules.yaml": RULES})
    head, *rows = (site / "points.csv").read_text().splitlines()
    rows = [row.replace("periodic", "on_change") if i % 4 == 0 else row for i, row in enumerate(rows)]
    (site / "points.csv").write_text("\n".join([head, *rows]) + "\n")
    return read_configuration(site)


class World:
    """Two configurations, the log of one service under them, and the same log dealt to shards."""

    def __init__(self, folder: Path) -> None:
        self.configured = [configured_with(folder / "one", 480), configured_with(folder / "two", 540)]
        self.registry = PointRegistry()
        for configured in self.configured:
            self.registry.assign(configured.site.points)
        self.division = [Division(c.site, c.rules, self.registry, PARTITIONS) for c in self.configured]
        self.whole = list(self._entries())
        self.logs: list[list[Entry]] = [[] for _ in range(PARTITIONS + 1)]
        for shard, entry in deal(self.whole, self.division[0], Loaded(), switch=self._switch):
            self.logs[shard].append(entry)

    def divided(self, version: int) -> Divided:
        return Divided(version, self.division[version - 1], self.registry.numbers)

    def resolve(self, digest: str) -> Configured:
        return next(c for c in self.configured if c.digest == digest)

    def _switch(self, entry: Configuration) -> tuple[Configuration, Division]:
        return entry, self.division[entry.version - 1]

    def _use(self, at_ms: int, version: int) -> Configuration:
        return Configuration(at_ms, "site", self.configured[version - 1].digest, "test", version=version)

    def _entries(self) -> Iterator[Entry]:
        rng, now = Random(7), T0
        yield self._use(now - 1, 1)
        points = len(self.configured[0].site.points)
        for second in range(SECONDS):
            # Half a minute in which nobody listened, to all shards alike: each has an entry at its edges.
            now = T0 + 1000 * second + (30_000 if second > 50 else 0)
            if second == 60:
                yield self._use(now - 300, 2)
                points = len(self.registry)
            # Of some enterprises' devices nothing is heard for a while, of one's never.
            heard = [n for n in range(points) if n % 12 != 3 and (n % 12 + second // 9) % 5]
            rows = [(n, now - rng.randrange(900), float(rng.choice([1, 20, 99])), self._quality(rng)) for n in heard]
            rows += [rows[0]] * (second % 5 == 0)
            yield Readings(now, Batch.of(rows), "m" if second % 2 else "other")
            if second % 20 == 10:
                yield DeviceDown(now + 200, tuple(rng.sample(range(points), 40)), "m")
            if second in (30, 70):
                yield SourceDown(now + 100, "m")
                yield SourceUp(now + 350, "m")
        yield Tick(now + 900)

    @staticmethod
    def _quality(rng: Random) -> int:
        odd = rng.random()
        return int(Quality.BAD) if odd < 0.02 else int(Quality.GOOD | RETAINED) if odd < 0.04 else int(Quality.GOOD)


class Parts:
    """What online rates ask of Records."""

    def __init__(self, world: World, parts: Sequence[tuple[Sequence[Entry], Callable[[str], bool]]]) -> None:
        self._world = world
        self._parts: list[LogPart] = []
        for entries, has in parts:
            log = MemoryLog()
            log.append(entries)
            first = entries[0]
            assert isinstance(first, Configuration)
            self._parts.append(LogPart(log, first.digest, has))

    def registry(self) -> PointRegistry:
        return self._world.registry

    def resolve(self, digest: str) -> Configured:
        return self._world.resolve(digest)

    @contextmanager
    def parts(self) -> Iterator[Sequence[LogPart]]:
        yield self._parts


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


def mine(shard: int) -> Callable[[str], bool]:
    return lambda enterprise: partition_of(enterprise, PARTITIONS) == shard


def rate(parts: Parts, *span: int | None) -> OnlineRate:
    seen: list[tuple[float, float]] = []
    first, end = (*span, None, None)[:2]
    found = online_rate(cast(Records, parts), first, end, None, None, lambda n, of: seen.append((n, of)))
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]
    return found


@pytest.mark.parametrize(
    ("span", "pauses"),
    [((), 1), ((T0 + 20_500, T0 + 102_250), 1), ((None, T0 + 62_000), 1), ((T0 + 85_000, None), 0)],
)
def test_online_time_of_parts_is_that_of_the_one_log(world: World, span: tuple[int | None, ...], pauses: int) -> None:
    one = rate(Parts(world, [(world.whole, lambda _: True)]), *span)
    parts = rate(Parts(world, [(world.logs[shard], mine(shard)) for shard in range(PARTITIONS)]), *span)
    assert parts == one
    assert 0 < sum(device.online_ms for device in one.devices) < sum(device.expected_ms for device in one.devices)
    assert one.pauses == pauses


def test_a_part_without_a_known_configuration_is_left_out(world: World) -> None:
    parts = Parts(world, [(world.logs[shard], mine(shard)) for shard in range(2)])
    parts._parts[1] = parts._parts[1]._replace(digest=None)
    assert {d.enterprise for d in rate(parts).devices} == {
        e for e in world.configured[1].site.enterprises if mine(0)(e)
    }
    parts._parts[0] = parts._parts[0]._replace(digest=None)
    with pytest.raises(ValueError, match="holds no configuration"):
        rate(parts)


def test_how_devices_stand_is_told_alike_by_checkpoints_and_the_logs_behind_them(world: World) -> None:
    """A worker's state from anywhere, then the rest of the log; what the engine counts is of the checkpoint."""
    expected = embedded(world)
    for cut in (0.35, 0.8, 1.0):
        columns: dict[str, Any] = {}
        clocks = set()
        for shard in range(PARTITIONS):
            items = list(enumerate(world.logs[shard]))
            at = round(len(items) * cut)
            fold = ShardFold(shard, world.divided)
            fold.apply(items[: at // 2])
            fold = ShardFold.load(shard, world.divided, fold.dump())
            fold.apply(items[at // 2 : at])
            heard = ShardHeard.of_checkpoint(shard, PARTITIONS, fold.dump())
            heard.follow(world.configured[heard.version - 1].site, world.registry.numbers, heard.version)
            while heard.next < len(items):
                newer = heard.apply(items[heard.next : heard.next + 9])
                if newer is not None:
                    heard.follow(world.configured[newer.version - 1].site, world.registry.numbers, newer.version)
            assert heard.version == 2
            columns = columns or empty_like(expected)
            heard.put(columns)
            clocks.add((heard.health.clock_ms, heard.health.since_ms))
        [(clock_ms, since_ms)] = clocks
        assert (clock_ms, since_ms) == (expected.clock_ms, expected.since_ms)
        counted = {name: columns.pop(name) for name in COUNTED}
        if cut < 1:
            counted = expected.counted
        found = Seen(clock_ms, since_ms, expected.digest, **columns, counted=counted)
        latest = world.configured[1]
        table = device_table(latest.site, latest.rules, world.registry)
        every = frozenset(latest.site.enterprises)
        one, parts = (make_inventory(latest.site, table, seen, every) for seen in (expected, found))
        assert parts == one
        assert len({row.state for row in one.devices}) > 1


def embedded(world: World) -> Seen:
    """What one service knows at the end."""
    first = world.configured[0]
    engine, health = Engine(make_plan(first.site, first.rules, world.registry)), DeviceHealth()
    for entry in world.whole:
        health.apply([entry])
        engine.apply([entry])
        if isinstance(entry, Configuration) and entry.version == 2:
            latest = world.configured[1]
            plan = make_plan(latest.site, latest.rules, world.registry)
            engine, _ = reconfigure(engine, plan, entry.received_at_ms)
    return look(engine, health, world.configured[1].digest)


def empty_like(seen: Seen) -> dict[str, Any]:
    names = ("heard_ms", "silence_ms", "source_up", "down", "delay_low", "delay_high", "readings")
    return {name: np.zeros_like(getattr(seen, name)) for name in names} | {
        name: np.zeros_like(seen.counted[name]) for name in COUNTED
    }
