"""How a site is divided: every point in one shard, and the parts together are the whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.bridges import ENTERPRISES, VOTE_RULE, write_site
from support.live import LIMIT_RULE

from plant.batch import Batch
from plant.entries import (
    Configuration,
    DeviceDown,
    Entry,
    OperatorAction,
    Readings,
    SourceDown,
    SourceUp,
    Tick,
)
from plant.registry import PointRegistry
from tocsin.configuration import Configured, read_configuration
from tocsin.kafka.division import NO_SHARD, Division, partition_of

N = 4
T_MS = 1_732_190_000_000


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Configured:
    """A vote over points of four enterprises, which fall into several partitions."""
    folder = tmp_path_factory.mktemp("site")
    write_site(folder, LIMIT_RULE + VOTE_RULE)
    return read_configuration(folder)


@pytest.fixture(scope="module")
def registry(configured: Configured) -> PointRegistry:
    # Numbers of points that were taken out of the site long ago stand among the others.
    registry = PointRegistry(["gone-0", "gone-1"])
    registry.assign(list(configured.site.points)[:5])
    registry.assign(["gone-2"])
    registry.assign(configured.site.points)
    return registry


@pytest.fixture(scope="module")
def division(configured: Configured, registry: PointRegistry) -> Division:
    return Division(configured.site, configured.rules, registry, N)


def test_the_partition_is_the_one_that_kafkas_clients_give_the_id_as_a_key() -> None:
    # As the Java client's Utils.murmur2, whose published examples these are: 21, foobar, a-little-bit-long-string.
    from aiokafka.partitioner import murmur2

    for key, expected in ((b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536)):
        assert (murmur2(key) ^ 0x80000000) - 0x80000000 == expected
    assert partition_of("foobar", 7) == (-790332482 & 0x7FFFFFFF) % 7


@pytest.mark.parametrize("n", [1, 2, 3, 16])
def test_every_enterprise_and_every_point_is_in_one_shard(
    configured: Configured, registry: PointRegistry, n: int
) -> None:
    division = Division(configured.site, configured.rules, registry, n)
    enterprises = [name for shard in range(n) for name in division.enterprises_of(shard)]
    assert sorted(enterprises) == sorted(ENTERPRISES)
    points = [point for shard in range(n) for point in division.site_of(shard).points]
    assert sorted(points) == sorted(configured.site.points)
    for shard in range(n):
        for name, point in division.site_of(shard).points.items():
            assert point.enterprise in division.enterprises_of(shard)
            assert division.shard_of_point[registry.numbers[name]] == shard == division.shard_of(point.enterprise)
    for gone in ("gone-0", "gone-1", "gone-2"):
        number = registry.numbers[gone]
        assert number >= len(division.shard_of_point) or division.shard_of_point[number] == NO_SHARD


def test_a_rule_over_several_partitions_is_the_second_stages_alone(division: Division) -> None:
    assert division.spanning_rules == {"both"}
    assert [[rule.id for rule in division.rules_of(shard)] for shard in range(N + 1)] == [["gas"]] * N + [
        ["gas", "both"]
    ]
    assert {point[:2] for point in division.site_of(N).points} == {"E1", "E2", "E3", "E4"}
    for shard in range(N + 1):
        assert division.is_told(shard, "both") == (shard == N)
        assert division.is_told(shard, "gas") == (shard != N)
    assert division.shard_of("") == N
    assert division.shard_of("never-heard-of") == partition_of("never-heard-of", N)


def test_with_one_partition_nothing_spans(configured: Configured, registry: PointRegistry) -> None:
    division = Division(configured.site, configured.rules, registry, 1)
    assert division.spanning_rules == frozenset()
    assert [rule.id for rule in division.rules_of(0)] == ["gas", "both"]
    assert division.site_of(1).points == {}
    batch = Batch.of([(registry.numbers["E1-P1"], T_MS, 1.0, 0)])
    assert [shard for shard, _ in division.split(Readings(T_MS, batch, "b"))] == [0]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_parts_of_a_batch_are_the_whole(division: Division, registry: PointRegistry, data: st.DataObject) -> None:
    numbers = st.integers(0, len(registry) + 3)
    rows = [
        (data.draw(numbers), T_MS - i, float(i), data.draw(st.integers(0, 2)))
        for i in range(data.draw(st.integers(0, 40)))
    ]
    entry = Readings(T_MS, Batch.of(rows), "broker", (7, 8))
    parts = list(division.split(entry, lease="2"))
    first_stage = [(shard, part) for shard, part in parts if shard != N]
    known = [
        row for row in rows if row[0] < len(division.shard_of_point) and division.shard_of_point[row[0]] != NO_SHARD
    ]
    shards = [shard for shard, _ in parts]
    assert len(shards) == len(set(shards))
    merged: list[float] = []
    for shard, part in first_stage:
        assert isinstance(part, Readings)
        assert (part.source, part.redelivery_keys, part.received_at_ms) == ("broker", (7, 8), T_MS)
        assert (division.shard_of_point[part.batch.point] == shard).all()
        assert part.batch.value.tolist() == sorted(part.batch.value.tolist()), "in the order in which they came"
        merged += part.batch.value.tolist()
    assert sorted(merged) == [value for _, _, value, _ in known]
    wanted = [value for point, _, value, _ in known if registry.id_of(point)[:2] in ("E1", "E2", "E3", "E4")]
    spanning = [part for shard, part in parts if shard == N]
    assert [value for part in spanning for value in part.batch.value.tolist()] == wanted  # type: ignore[union-attr]
    assert all(part.source == "broker/2" for part in spanning)  # type: ignore[union-attr]


def test_a_batch_of_one_shard_is_not_copied(division: Division, registry: PointRegistry) -> None:
    mine = [registry.numbers[point] for point in division.site_of(division.shard_of("E5")).points]
    batch = Batch.of([(number, T_MS, 1.0, 0) for number in mine])
    parts = dict(division.split(Readings(T_MS, batch, "b")))
    own = parts[division.shard_of("E5")]
    assert isinstance(own, Readings)
    assert np.shares_memory(own.batch.value, batch.value)


def test_other_entries_go_where_they_matter(division: Division, registry: PointRegistry) -> None:
    everywhere: list[Entry] = [Tick(T_MS), Configuration(T_MS, "site", "d", version=3)]
    for entry in everywhere:
        assert list(division.split(entry, lease="1")) == [(shard, entry) for shard in range(N + 1)]
    for entry in (SourceUp(T_MS, "b"), SourceDown(T_MS, "b", "gone")):
        parts = dict(division.split(entry, lease="1"))
        assert [parts[shard] for shard in range(N)] == [entry] * N
        assert parts[N].source == "b/1"  # type: ignore[union-attr]
        assert dict(division.split(entry))[N] == entry
    points = tuple(registry.numbers[point] for point in ("E1-P1", "E5-P1", "E2-P2"))
    down = DeviceDown(T_MS, (*points, 10_000, registry.numbers["gone-0"]), "b")
    parts = dict(division.split(down, lease="1"))
    assert sorted(p for shard in range(N) if shard in parts for p in parts[shard].points) == sorted(points)  # type: ignore[union-attr]
    assert parts[N] == DeviceDown(T_MS, (points[0], points[2]), "b/1")
    with pytest.raises(ValueError, match="belongs to the shard of its alarm"):
        list(division.split(OperatorAction(T_MS, "acknowledge", "a", "li")))
