"""The shared cases over a real Kafka: one, two and four workers decide the events that each case expects."""

import functools
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

import msgspec
import pytest
from support.cases import CASES, KEY, cases_folder, entries_of, expected_of
from support.cluster_truth import differing
from support.inside import WorkersInside
from support.kafka import KafkaCluster, kafka
from support.workers import Workers, committed_records, embedded

from plant.batch import Batch
from plant.entries import Configuration, Entry, Readings
from plant.quality import Quality
from plant.registry import PointRegistry
from tocsin.configuration import Configured, read_configuration
from tocsin.kafka.records import encode
from tocsin.kafka.topics import Shard

__all__ = ["kafka"]

pytest.importorskip("faust", reason="the extra `cluster` is not installed: faust is missing")

WAIT_S = 120.0


class Case(NamedTuple):
    name: str
    site: Path
    configured: Configured
    entries: Sequence[Entry]
    embedded: Counter[tuple[object, ...]]
    """What one engine decides of these entries."""
    expected: Counter[tuple[object, ...]]
    """What the case expects of its feed."""


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    found = []
    for name in CASES:
        folder = cases_folder() / name
        if not folder.is_dir():
            pytest.skip(f"the reference case {name} is not there (TOCSIN_CASES names the folder of cases)")
        configured = read_configuration(folder / "site")
        entries = list(entries_of(folder / "feed.csv.gz", PointRegistry(configured.site.points)))
        whole = Counter(tuple(getattr(event, key) for key in KEY) for event in embedded(configured, entries))
        found.append(Case(name, folder / "site", configured, entries, whole, Counter(expected_of(folder))))
    return found


def late(events: Counter[tuple[object, ...]], case: Case) -> Counter[tuple[object, ...]]:
    """Without the first minute. A log begins with its configuration, 1 ms before the first reading, so the silence of
    points that have never been heard is 1 ms longer than in a bare feed.
    """
    begins_ms = case.entries[0].received_at_ms + 60_000
    return Counter({key: n for key, n in events.items() if int(str(key[KEY.index("at")])) > begins_ms})


class Run:
    """Each case in topics of its own, all decided by so many workers each."""

    def __init__(self, folder: Path, kafka: KafkaCluster, cases: Sequence[Case], workers: int) -> None:
        self._cases, self._count = cases, workers
        self._folder = folder
        self.sites = [
            Workers(folder / case.name, kafka.topics(f"{case.name}-{workers}."), case.site, case.configured)
            for case in cases
        ]

    def decide(self) -> None:
        with WorkersInside(self._folder, [site.kafka for site in self.sites], self._count) as workers:
            assert workers.have_decided_all(WAIT_S)

    def check(self) -> None:
        for case, site in zip(self._cases, self.sites, strict=True):
            found = Counter(tuple(event[key] for key in KEY) for event in site.alarms())
            assert differing(found, case.embedded) == ([], []), case.name
            assert differing(late(found, case), late(case.expected, case)) == ([], []), case.name


@pytest.mark.parametrize(("workers", "names"), [(1, ("bare", "long")), (4, ("edges", "edges-received"))])
def test_cases_over_kafka(
    kafka: KafkaCluster, cases: list[Case], workers: int, names: tuple[str, ...], tmp_path: Path
) -> None:
    some = [case for case in cases if case.name in names]
    run = Run(tmp_path, kafka, some, workers)
    for case, site in zip(some, run.sites, strict=True):
        site.load(case.entries)
    run.decide()
    run.check()


@functools.cache
def poison() -> list[tuple[str, bytes]]:
    """Records that are none, with what is said of each."""
    whole = encode(Readings(1, Batch.of([(0, 1, 1.0, Quality.GOOD), (1, 1, 1.0, Quality.GOOD)]), "m"))
    form = msgspec.msgpack.decode(whole)
    return [
        ("not a MessagePack map", b""),
        ("not a MessagePack map", Random(1).randbytes(1 << 20)),
        ("not a MessagePack map", whole[:-7]),
        ("readings can't be read", msgspec.msgpack.encode({**form, "value": form["value"][:-3]})),
        ("readings can't be read", msgspec.msgpack.encode({**form, "point": form["point"][:4]})),
        ("record format 2 is not known", msgspec.msgpack.encode({**form, "v": 2})),
        ("is not known", encode(Configuration(1, "site", "x")).replace(b"configuration", b"configuratiom")),
    ]


def spoiled(dealt: Sequence[tuple[Shard, Entry]], rng: Random) -> list[tuple[Shard, Entry | bytes]]:
    """Each poison once in the log of each partition, where there is a millisecond for it to stand in."""
    found: list[tuple[Shard, Entry | bytes]] = []
    last: dict[Shard, int] = {}
    left = {shard: [value for _, value in poison()] for shard in range(4)}
    for shard, entry in dealt:
        room = entry.received_at_ms - last.get(shard, entry.received_at_ms) > len(poison())
        while room and left.get(shard) and rng.random() < 0.3:
            found.append((shard, left[shard].pop()))
        last[shard] = entry.received_at_ms
        found.append((shard, entry))
    assert not any(left.values())
    return found


def test_cases_over_kafka_with_poison_between_the_records(
    kafka: KafkaCluster, cases: list[Case], tmp_path: Path
) -> None:
    some = [case for case in cases if case.name in ("bare", "edges", "received")]
    run = Run(tmp_path, kafka, some, 2)
    rng = Random(7)
    for case, site in zip(some, run.sites, strict=True):
        site.write(spoiled(site.dealt(case.entries), rng))
    run.decide()
    run.check()
    for site in run.sites:
        _check_dead_letters(site)


def _check_dead_letters(site: Workers) -> None:
    letters = list(committed_records(site.kafka, site.topics.dead_letters, 0))
    assert Counter(value for value, _ in letters) == Counter({value: 4 for _, value in poison()})
    reasons = {value: reason for reason, value in poison()}
    places = set()
    for value, headers in letters:
        assert reasons[value] in headers["reason"].decode()
        assert headers["topic"].decode() == site.topics.readings
        places.add((int(headers["partition"]), int(headers["offset"])))
    assert len(places) == len(letters)
    assert {partition for partition, _ in places} == {0, 1, 2, 3}
