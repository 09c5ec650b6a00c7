"""The feeds of a cluster: every reading and event once, from wherever one goes on, whichever log is behind."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from support.command import tocsin
from support.data_folder import Made, make_data_folder

from plant.batch import Batch
from plant.entries import Entry, Readings, Tick
from plant.quality import NO_TIME_MS
from plant.registry import PointRegistry
from tocsin.log.layout import BOOK
from tocsin.log.memory import MemoryLog
from tocsin.northbound.feed import Feed, GoneError, Item, What
from tocsin.northbound.feeds import NOT_BOTH, OneFeed, PartedFeeds
from tocsin.records import NotInAClusterError, Records
from tocsin.records.parts import LogPart

T0 = 1_732_190_400_000


class Parts:
    """What the feeds ask of Records: three logs, of which the last one is behind."""

    def __init__(self, data: Path) -> None:
        self.book = data / BOOK
        self.names = PointRegistry([f"P{n}" for n in range(6)])
        self.logs = [MemoryLog() for _ in range(3)]
        for shard, log in enumerate(self.logs):
            log.append([self.entry(second, shard) for second in range(20 - 5 * (shard == 2))])

    @staticmethod
    def entry(second: int, shard: int) -> Entry:
        at_ms = T0 + 1000 * second + shard // 2
        if second % 4 == shard:
            return Tick(at_ms)
        rows = [(shard * 2, at_ms - 5, float(second), 0), (shard * 2 + 1, NO_TIME_MS, None, 2)]
        return Readings(at_ms, Batch.of(rows), "m")

    def registry(self) -> PointRegistry:
        return self.names

    @contextmanager
    def parts(self) -> Iterator[Sequence[LogPart]]:
        yield [LogPart(log, "0", lambda _: True) for log in self.logs]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_data_folder(tmp_path_factory.mktemp("made"))


def everything(feed: OneFeed, what: What, after: int = -1, upto: int | None = None) -> list[Item]:
    return list(feed.items(after, what, lambda _: True, lambda _: True, upto))


def test_readings_are_told_once_up_to_the_log_that_is_behind(made: Made) -> None:
    world = Parts(made.data)
    with PartedFeeds(cast(Records, world)).open("readings") as feed:
        whole = everything(feed, "readings")
        assert feed.end() == T0 + 14_001 + 1
        told = [(item.received_at, *reading) for item in whole for reading in item.readings]
        expected = [
            (e.received_at_ms, f"P{shard * 2 + k}", [e.received_at_ms - 5, None][k], [float(second), None][k])
            for second in range(20)
            for shard in range(3)
            if isinstance(e := world.entry(second, shard), Readings) and e.received_at_ms < feed.end()
            for k in range(2)
        ]
        assert [row[:4] for row in told] == expected
        assert [item.position for item in whole] == sorted({item.position for item in whole})
        for item in whole:
            assert [i for i in whole if i.position > item.position] == everything(feed, "readings", item.position)
        pages: list[Item] = []
        at = -1
        while (upto := feed.upto(at, 1500)) > at:
            pages += everything(feed, "readings", at, upto)
            at = upto
        assert pages == whole
        mine = [i for i in feed.items(-1, "readings", lambda p: p == "P3", lambda _: True) if i.readings]
        assert {row[0] for item in mine for row in item.readings} == {"P3"}


def test_who_was_away_for_too_long_is_told_where_it_goes_on(made: Made) -> None:
    world = Parts(made.data)
    world.logs[1].drop_before(T0 + 5_000, 20)
    with PartedFeeds(cast(Records, world)).open("readings") as feed:
        with pytest.raises(GoneError) as gone:
            everything(feed, "readings", T0 + 1_000)
        assert gone.value.first == T0 + 5_000
        assert everything(feed, "readings", gone.value.first - 1)


def test_a_point_that_came_with_a_new_version_has_its_name(made: Made) -> None:
    world = Parts(made.data)
    with PartedFeeds(cast(Records, world)).open("readings") as feed:
        world.names = PointRegistry([*world.names.ids, "NEW"])
        world.logs[2].append([Readings(T0 + 15_500, Batch.of([(6, T0, 1.0, 0)]), "m")])
        assert everything(feed, "readings", T0 + 15_000)[-1].readings == [["NEW", T0, 1.0, "good"]]


def test_alarms_are_those_of_the_book_by_their_numbers(made: Made) -> None:
    def bare(items: Sequence[Item]) -> list[dict[str, Any]]:
        return [alarm for item in items for alarm in item.alarms]

    with Feed(made.data) as whole, PartedFeeds(cast(Records, Parts(made.data))).open("alarms") as feed:
        found = everything(feed, "alarms")
        assert bare(found) == bare(everything(whole, "alarms"))
        assert [item.position for item in found] == list(range(1, len(found) + 1))
        assert everything(feed, "alarms", 1) == found[1:]
        assert everything(feed, "alarms", 0, feed.upto(0, 1)) == found[:1]
        assert not list(feed.items(0, "alarms", lambda _: True, lambda _: False))


def test_both_at_once_are_refused(made: Made, tmp_path: Path) -> None:
    with (
        pytest.raises(NotInAClusterError, match="what=alarms"),
        PartedFeeds(cast(Records, Parts(made.data))).open("both"),
    ):
        pass
    config = tmp_path / "tocsin.toml"
    config.write_text(
        f'site = "{made.site}"\ndata = "data"\n[kafka]\nbootstrap = "127.0.0.1:9"\n[database]\nurl = "postgresql://127.0.0.1/t"\n'
        '[[northbound]]\nname = "province"\nurl = "https://example.org/in"\nsecret_file = "secret"\n'
    )
    ran = tocsin("northbound", "--config", config)
    assert ran.code == 2
    assert len(ran.mistakes) == 1
    assert NOT_BOTH in ran.err
