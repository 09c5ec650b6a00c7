"""The history follower on the real journal and alarm book, read while they are written, into a real InfluxDB."""

import random
from pathlib import Path

import pytest
from support.alarm_steps import engine_event
from support.influx import BUCKET, ORG, TOKEN, InfluxServer, influx  # noqa: F401 - a fixture
from support.waiting import eventually

from alerts.record import Policy
from plant.batch import Batch
from plant.entries import Readings, Tick
from tocsin.book import AlarmBook, BookReader
from tocsin.clock import SystemClock
from tocsin.followers.influx import InfluxFollower, InfluxSettings, PointPrefixes
from tocsin.followers.influx.client_sink import InfluxSink
from tocsin.log.journal import Journal

START_MS = 1_732_190_000_000


@pytest.mark.parametrize("segment_bytes", [20_000, 64_000_000])
def test_journal_and_book_are_followed_through_a_restart(
    influx: InfluxServer,  # noqa: F811
    tmp_path: Path,
    segment_bytes: int,
) -> None:
    bucket = f"{BUCKET}-{segment_bytes}"
    influx.make_bucket(bucket)
    settings = InfluxSettings(
        url=influx.url, org=ORG, bucket=bucket, token_file=tmp_path / "token", interval_s=0.01, batch_lines=100
    )
    journal = Journal.open(tmp_path / "journal", segment_bytes=segment_bytes)
    book = AlarmBook.open_for_writing(tmp_path / "book.sqlite")
    feed = BookReader.open_for_reading(tmp_path / "book.sqlite")

    def follower() -> InfluxFollower:
        made = InfluxFollower(
            journal,
            feed,
            InfluxSink(settings, TOKEN),
            lambda _: PointPrefixes(["P0", "P1", "P2"], None),
            tmp_path,
            SystemClock(),
            settings,
            random.Random(1),
        )
        made.start()
        return made

    def write(k: int) -> None:
        at_ms = START_MS + 1000 * k
        batch = Batch.of([(n, at_ms, float(k), 0) for n in range(3)])
        position = journal.append([Readings(at_ms, batch, "main"), Tick(at_ms)])
        book.commit(position + 1, [(position, engine_event("raised", START_MS, subject=f"P{k}"))], Policy())

    def done(running: InfluxFollower, entries: int, events: int) -> bool:
        return eventually(lambda: (running.status().position, running.status().event) == (entries, events))

    first = follower()
    for k in range(150):
        write(k)
    assert done(first, 300, 150)
    first.stop()
    assert (first.position, first.event) == (300, 150)
    for k in range(150, 400):
        write(k)
    second = follower()
    assert done(second, 800, 400)
    second.stop()
    assert second.status().readings == 750
    feed.close()
    book.close()
    journal.close()

    (counted,) = influx.query("SELECT count(value), sum(value) FROM reading", bucket)
    assert (counted["count"], counted["sum"]) == (1_200, 3 * sum(range(400)))
    assert influx.query("SELECT count(alarm) FROM alarm", bucket)[0]["count"] == 400
