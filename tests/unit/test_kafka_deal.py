"""A log that was one, dealt out to the shards."""

import numpy as np
import pytest
from support.site_builder import build_site

from plant.batch import Batch
from plant.entries import (
    Act,
    Configuration,
    DisposalAction,
    Entry,
    NoticeAction,
    OperatorAction,
    OverrideAction,
    OverrideScope,
    OwnCondition,
    Readings,
    SourceUp,
    Tick,
)
from plant.registry import PointRegistry
from tocsin.configuration import Configured, read_configuration
from tocsin.kafka.deal import MOST_READINGS, Loaded, Switch, deal, shard_of_act, under
from tocsin.kafka.division import Division
from tocsin.kafka.topics import Shard

T0 = 1_732_190_400_000
PARTITIONS = 3


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Configured:
    folder = tmp_path_factory.mktemp("site")
    build_site(folder, 60, enterprises=12)
    return read_configuration(folder)


@pytest.fixture(scope="module")
def division(configured: Configured) -> Division:
    return Division(configured.site, configured.rules, PointRegistry(configured.site.points), PARTITIONS)


def batch(points: list[int], at_ms: int) -> Batch:
    return Batch.of([(point, at_ms, 1.0, 0) for point in points])


def shards(
    entries: list[Entry], division: Division, switch: Switch | None = None
) -> tuple[dict[Shard, list[Entry]], Loaded]:
    loaded = Loaded()
    found: dict[Shard, list[Entry]] = {shard: [] for shard in range(PARTITIONS + 1)}
    for shard, entry in deal(entries, division, loaded, switch=switch):
        found[shard].append(entry)
    return found, loaded


def points_of(division: Division, shard: Shard) -> list[int]:
    return np.flatnonzero(division.shard_of_point == shard).tolist()


def test_every_shard_has_its_readings_and_a_tick_for_each_silent_second(division: Division) -> None:
    own = points_of(division, 1)[:2]
    entries: list[Entry] = [Readings(T0 + 1000 * k, batch(own, T0 + 1000 * k - 50), "m") for k in range(5)]

    found, loaded = shards(entries, division)

    assert found[1] == entries
    for shard in (0, 2, 3):
        assert found[shard] == [Tick(T0 + 1000 * k) for k in range(5)]
    assert (loaded.entries, loaded.readings, loaded.last_ms) == (5, 10, T0 + 4000)


def test_entries_between_whole_seconds_make_one_tick_a_second(division: Division) -> None:
    own = points_of(division, 0)[:1]
    entries: list[Entry] = [Readings(T0 + 100 * k, batch(own, T0), "m") for k in range(31)]
    found, _ = shards(entries, division)
    assert [entry.received_at_ms - T0 for entry in found[2]] == [0, 1000, 2000, 3000]


def test_what_is_written_at_one_time_is_written_one_millisecond_apart(division: Division) -> None:
    own = points_of(division, 2)[:1]
    entries: list[Entry] = [SourceUp(T0, "m"), Readings(T0, batch(own, T0), "m"), Tick(T0 + 1), Tick(T0 + 2)]
    found, _ = shards(entries, division)
    assert [entry.received_at_ms - T0 for entry in found[2]] == [0, 1, 2, 3]
    assert [entry.received_at_ms - T0 for entry in found[0]] == [0, 1, 2]


def test_a_first_time_that_several_entries_share_is_every_shards_first(division: Division) -> None:
    first, second = points_of(division, 0)[:1], points_of(division, 1)[:1]
    entries: list[Entry] = [Readings(T0, batch(first, T0)), Readings(T0, batch(second, T0)), Tick(T0 + 10)]
    found, _ = shards(entries, division)
    assert {shard: own[0].received_at_ms for shard, own in found.items()} == dict.fromkeys(range(4), T0)


def test_a_batch_too_large_for_a_record_is_cut(division: Division) -> None:
    own = points_of(division, 0)[0]
    n = MOST_READINGS + 10
    numbers = np.full(n, own, dtype=np.uint32)
    many = Batch(numbers, np.arange(n) + T0, np.arange(n, dtype=float), np.zeros(n, dtype=np.uint8))
    found, loaded = shards([Readings(T0, many, "m", (7, 8))], division)
    parts = [entry for entry in found[0] if isinstance(entry, Readings)]
    assert [len(part.batch) for part in parts] == [MOST_READINGS, 10]
    assert [part.redelivery_keys for part in parts] == [(7, 8), ()]
    assert np.array_equal(np.concatenate([part.batch.value for part in parts]), many.value)
    assert loaded.readings == n


def test_a_feed_begins_with_the_version_that_it_is_decided_under(configured: Configured, division: Division) -> None:
    named = list(under([Tick(T0), Tick(T0 + 1000)], configured, 4))
    assert named == [
        Configuration(T0 - 1, "site", configured.digest, "load", version=4),
        Tick(T0),
        Tick(T0 + 1000),
    ]
    assert list(under([], configured, 4)) == []
    found, _ = shards(named, division)
    assert all(own[0] == named[0] for own in found.values())


def test_from_a_configuration_on_its_own_division_counts(configured: Configured, division: Division) -> None:
    own = points_of(division, 0)[:1]
    site = configured.site
    turned = Division(site, configured.rules, PointRegistry(reversed(list(site.points))), PARTITIONS)
    there = int(turned.shard_of_point[own[0]])
    assert there != 0

    def switch(entry: Configuration) -> tuple[Configuration, Division]:
        return Configuration(entry.received_at_ms, "site", entry.digest, version=9), turned

    entries: list[Entry] = [
        Readings(T0, batch(own, T0)), Configuration(T0 + 5, "site", "d"), Readings(T0 + 9, batch(own, T0))
    ]  # fmt: skip
    found, _ = shards(entries, division, switch)
    assert [type(entry) for entry in found[0]] == [Readings, Configuration, Tick]
    assert [type(entry) for entry in found[there]] == [Tick, Configuration, Readings]
    assert [entry.version for entry in found[there] if isinstance(entry, Configuration)] == [9]


def test_an_act_goes_to_the_shard_of_its_alarm(configured: Configured, division: Division) -> None:
    enterprise = division.enterprises_of(1)[0]
    alarms = {"known": enterprise, "whole": ""}
    acts: tuple[tuple[Act, Shard | None], ...] = (
        (OperatorAction(T0, "acknowledge", "known", "li"), 1),
        (OperatorAction(T0, "acknowledge", "whole", "li"), PARTITIONS),
        (OperatorAction(T0, "acknowledge", "nobody's", "li"), None),
        (NoticeAction(T0, "approve", "known.1.public.0.0.siren", "li"), 1),
        (OwnCondition(T0, "tocsin.self-test", "tocsin", True, "red", "why"), PARTITIONS),
        (OwnCondition(T0, "tocsin.self-test", "tocsin", True, "red", "why", enterprise), 1),
        (DisposalAction(T0, "assign", "known", "li"), 1),
    )
    for act, shard in acts:
        assert shard_of_act(act, division, alarms.get) == shard
    assert shard_of_act(DisposalAction(T0, "assign", "known", "li"), division) is None


def test_an_override_goes_to_the_shard_of_what_it_is_about(configured: Configured, division: Division) -> None:
    point = next(point for point in configured.site.points.values() if division.shard_of(point.enterprise) == 2)
    subjects: tuple[tuple[OverrideScope, str, Shard], ...] = (
        ("point", point.point, 2),
        ("unit", point.unit, 2),
        ("enterprise", point.enterprise, 2),
        ("rule", "gas-combustible", PARTITIONS),
        ("point", "nobody's", PARTITIONS),
    )
    for scope, subject, shard in subjects:
        assert shard_of_act(OverrideAction(T0, "set", "o", "li", scope=scope, subject=subject), division) == shard


def test_acts_on_alarms_that_nobody_knows_are_counted(division: Division) -> None:
    _, loaded = shards([Tick(T0), OperatorAction(T0 + 1, "acknowledge", "a", "li"), Tick(T0 + 2)], division)
    assert (loaded.entries, loaded.left_out) == (3, 1)
