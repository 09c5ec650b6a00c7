"""What every follower's sink must give: order, restart from the cursor, catching up, nothing lost, nothing doubled.

It runs on a sink in memory and on a real InfluxDB 2, through the follower's public face.
"""

import random
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pytest
from support.influx import BUCKET, ORG, TOKEN, InfluxServer, influx_server
from support.memory_events import MemoryEvents
from support.waiting import eventually

from plant.batch import Batch
from plant.entries import Configuration, Entry, Readings, Tick
from rules.events import AlarmEvent
from tocsin.clock import SystemClock
from tocsin.followers.influx import InfluxFollower, InfluxSettings, LineSink, PointPrefixes
from tocsin.followers.influx.client_sink import InfluxSink
from tocsin.followers.influx.sink import SinkAwayError
from tocsin.log.memory import MemoryLog

START_MS = 1_732_190_000_000
POINTS = 5


class World(Protocol):
    """A sink, the switch that cuts it off, and a look at what it holds."""

    def sink(self) -> LineSink: ...
    def away(self) -> None: ...
    def back(self) -> None: ...
    def readings(self) -> list[tuple[str, int, float]]: ...
    def events(self) -> list[str]: ...


class MemoryWorld:
    """Holds one row a (series, instant), as InfluxDB does, and remembers the order of arrival."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, int], str] = {}
        self.order: list[str] = []
        self._away = threading.Event()

    def sink(self) -> LineSink:
        return self

    def write(self, lines: Sequence[str]) -> None:
        if self._away.is_set():
            raise SinkAwayError("switched off")
        for line in lines:
            series, _, rest = line.partition(" ")
            fields, _, stamp = rest.rpartition(" ")
            self.rows[series, int(stamp)] = fields
            self.order.append(line)

    def close(self) -> None:
        pass

    def away(self) -> None:
        self._away.set()

    def back(self) -> None:
        self._away.clear()

    def readings(self) -> list[tuple[str, int, float]]:
        return sorted(
            (series.split("point=")[1].split(",")[0], stamp, float(fields.split("value=")[1].split(",")[0]))
            for (series, stamp), fields in self.rows.items()
            if series.startswith("reading")
        )

    def events(self) -> list[str]:
        return [line.split('alarm="')[1].split('"')[0] for line in self.order if line.startswith("alarm")]


class InfluxWorld:
    def __init__(self, server: InfluxServer, bucket: str, token_file: Path) -> None:
        self._server = server
        self._bucket = bucket
        server.make_bucket(bucket)
        self._settings = InfluxSettings(url=server.url, org=ORG, bucket=bucket, token_file=token_file, timeout_s=10)

    def sink(self) -> LineSink:
        return InfluxSink(self._settings, TOKEN)

    def away(self) -> None:
        self._server.stop()

    def back(self) -> None:
        if self._server.process is None:
            self._server.start()

    def readings(self) -> list[tuple[str, int, float]]:
        rows = self._server.query('SELECT "point", "value" FROM "reading"', self._bucket)
        return sorted((str(r["point"]), int(str(r["time"])), float(str(r["value"]))) for r in rows)

    def events(self) -> list[str]:
        rows = self._server.query('SELECT "alarm" FROM "alarm" ORDER BY time', self._bucket)
        return [str(row["alarm"]) for row in rows]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxServer]:
    with influx_server(tmp_path_factory.mktemp("influx")) as influx:
        yield influx


@pytest.fixture(params=["memory", "influxdb"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "memory":
        yield MemoryWorld()
        return
    influx: InfluxServer = request.getfixturevalue("server")
    made = InfluxWorld(influx, f"b-{tmp_path.name}", tmp_path / "token")
    yield made
    made.back()


class Room:
    """A log, a feed and a folder; makes followers on them as a restarted service would."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        self.log = MemoryLog()
        self.events = MemoryEvents()
        self.running: list[InfluxFollower] = []

    def follower(self, batch_lines: int = 50) -> InfluxFollower:
        settings = InfluxSettings(
            url="http://127.0.0.1:1",
            org=ORG,
            bucket=BUCKET,
            token_file=self.folder / "token",
            batch_lines=batch_lines,
            interval_s=0.01,
            backoff_min_s=0.01,
            backoff_max_s=0.05,
        )
        made = InfluxFollower(
            self.log,
            self.events,
            self.world.sink(),
            lambda digest: PointPrefixes([f"P{n}{digest}" for n in range(POINTS)], None),
            self.folder,
            SystemClock(),
            settings,
            random.Random(1),
        )
        made.start()
        self.running.append(made)
        return made


@pytest.fixture
def room(world: World, tmp_path: Path) -> Iterator[Room]:
    made = Room(world, tmp_path)
    yield made
    for follower in made.running:
        follower.stop()


def entry(k: int, rows: int = POINTS) -> Readings:
    at_ms = START_MS + 1000 * k
    return Readings(at_ms, Batch.of([(n, at_ms - n, k + n / 10, 0) for n in range(rows)]))


def expected(ks: range) -> list[tuple[str, int, float]]:
    return sorted((f"P{n}", (START_MS + 1000 * k - n) * 1_000_000, k + n / 10) for k in ks for n in range(POINTS))


def raised(k: int, at_ms: int) -> AlarmEvent:
    return AlarmEvent(
        "raised",
        f"alarm-{k:04d}",
        "gas",
        1,
        f"P{k}",
        "high",
        "E001",
        "h",
        "orange",
        at_ms,
        26.0,
        25.0,
        None,
        False,
        False,
        "r",
    )


def caught_up(room: Room, follower: InfluxFollower) -> bool:
    def at_the_end() -> bool:
        status = follower.status()
        return status.position == room.log.end and status.event == len(room.events.events)

    return eventually(at_the_end)


def test_all_that_is_in_the_log_arrives(room: Room) -> None:
    entries: list[Entry] = []
    for k in range(40):
        entries += [entry(k), Tick(START_MS + 1000 * k + 500)]
    room.log.append(entries)
    follower = room.follower()
    assert caught_up(room, follower)
    assert room.world.readings() == expected(range(40))
    assert follower.status().readings == 40 * POINTS
    assert follower.status().rejected == 0


def test_what_comes_while_it_runs_arrives_too(room: Room) -> None:
    follower = room.follower()
    for k in range(10):
        room.log.append([entry(k)])
        assert caught_up(room, follower)
    assert room.world.readings() == expected(range(10))


def test_the_later_value_of_an_instant_wins(room: Room) -> None:
    first, second = entry(0), Readings(START_MS + 5, Batch.of([(0, START_MS, 99.0, 0)]))
    room.log.append([first, second])
    assert caught_up(room, room.follower())
    assert ("P0", START_MS * 1_000_000, 99.0) in room.world.readings()
    assert len(room.world.readings()) == POINTS


def test_a_restart_goes_on_behind_the_cursor(room: Room) -> None:
    room.log.append([entry(k) for k in range(5)])
    room.events.events.append(raised(0, START_MS))
    first = room.follower()
    assert caught_up(room, first)
    first.stop()
    assert (first.position, first.event) == (5, 1)

    room.log.append([entry(k) for k in range(5, 9)])
    second = room.follower()
    assert caught_up(room, second)
    assert second.status().readings == 4 * POINTS
    assert second.status().events == 0
    assert room.world.readings() == expected(range(9))


@pytest.mark.parametrize("crash", ["the cursor is lost", "the cursor is old", "the cursor is torn"])
def test_writing_again_after_a_crash_doubles_nothing(room: Room, crash: str) -> None:
    room.log.append([entry(k) for k in range(6)])
    room.events.events += [raised(k, START_MS) for k in range(3)]
    first = room.follower()
    assert caught_up(room, first)
    first.stop()
    held = room.world.readings()
    cursor = room.folder / "influx.cursor"
    if crash == "the cursor is lost":
        cursor.unlink()
    elif crash == "the cursor is old":
        cursor.write_text('{"position":2,"event":1,"site":""}')
    else:
        cursor.write_bytes(b'{"posi')

    second = room.follower()
    assert eventually(lambda: second.status().readings > 0 and second.status().lag_entries == 0)
    assert eventually(lambda: second.status().events > 0)
    assert room.world.readings() == held == expected(range(6))
    assert len(set(room.world.events())) == 3


def test_an_outage_is_a_cursor_behind_and_not_a_loss(room: Room) -> None:
    room.log.append([entry(k) for k in range(3)])
    follower = room.follower(batch_lines=500)
    assert caught_up(room, follower)
    room.world.away()
    for k in range(3, 1_200):
        room.log.append([entry(k)])
    room.events.events += [raised(k, START_MS + k) for k in range(30)]
    assert eventually(lambda: follower.status().failures >= 3)
    trouble = follower.status()
    assert trouble.trouble
    assert trouble.lag_entries >= 1_100
    assert trouble.lag_s > 0
    assert follower.position <= 3

    room.world.back()
    assert caught_up(room, follower)
    assert room.world.readings() == expected(range(1_200))
    assert room.world.events() == [f"alarm-{k:04d}" for k in range(30)]
    assert follower.status().trouble == ""
    assert follower.status().lag_s == 0


def test_it_stops_in_the_middle_of_an_outage_and_loses_nothing(room: Room) -> None:
    room.world.away()
    room.log.append([entry(k) for k in range(20)])
    first = room.follower()
    assert eventually(lambda: first.status().failures >= 1)
    first.stop()
    assert first.position == 0
    room.world.back()
    second = room.follower()
    assert caught_up(room, second)
    assert room.world.readings() == expected(range(20))


def test_a_batch_larger_than_a_request_arrives_whole(room: Room) -> None:
    rows = [(n % POINTS, START_MS + n, float(n), 0) for n in range(1_003)]
    room.log.append([Readings(START_MS + 2_000, Batch.of(rows))])
    assert caught_up(room, room.follower(batch_lines=100))
    assert sorted(value for _, _, value in room.world.readings()) == [float(n) for n in range(1_003)]


def test_events_of_one_instant_all_stay(room: Room) -> None:
    room.events.events += [raised(k, START_MS) for k in range(2_500)]
    follower = room.follower()
    assert eventually(lambda: follower.status().events == 2_500)
    assert len(set(room.world.events())) == 2_500


def test_a_new_site_version_takes_effect_at_its_entry(room: Room) -> None:
    room.log.append([entry(0, 1), Configuration(START_MS, "site", "-new"), entry(1, 1)])
    first = room.follower()
    assert caught_up(room, first)
    first.stop()
    room.log.append([entry(2, 1)])
    assert caught_up(room, room.follower())
    assert [name for name, _, _ in room.world.readings()] == ["P0", "P0-new", "P0-new"]


def test_entries_that_the_log_dropped_are_counted(room: Room) -> None:
    room.log.append([entry(k) for k in range(4)])
    (room.folder / "influx.cursor").write_text('{"position":1,"event":0,"site":""}')
    room.log.drop_before(START_MS + 1_000_000, keep_from=3)
    follower = room.follower()
    assert caught_up(room, follower)
    assert follower.status().lost_entries == 2
    assert room.world.readings() == expected(range(3, 4))


def test_a_cursor_beyond_a_restored_log_and_book_starts_over(room: Room) -> None:
    (room.folder / "influx.cursor").write_text('{"position":900,"event":900,"site":""}')
    room.events.events += [raised(k, START_MS) for k in range(3)]
    room.log.append([entry(k) for k in range(4)])
    follower = room.follower()
    assert caught_up(room, follower)
    assert room.world.readings() == expected(range(4))
    assert len(set(room.world.events())) == 3
