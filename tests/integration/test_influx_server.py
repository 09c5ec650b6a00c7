"""Against a real InfluxDB 2: what boards will ask, hostile names, refusals, and lines outside its retention."""

import random
from pathlib import Path

import pytest
from support.influx import ORG, TOKEN, InfluxServer, influx  # noqa: F401 - a fixture
from support.memory_events import MemoryEvents
from support.waiting import eventually

from plant.batch import Batch
from plant.entries import Readings
from plant.quality import RETAINED, Quality
from rules.events import AlarmEvent
from tocsin.clock import SystemClock
from tocsin.followers.influx import InfluxFollower, InfluxSettings, PointPrefixes
from tocsin.followers.influx.client_sink import InfluxSink
from tocsin.followers.influx.escape import tag, text
from tocsin.followers.influx.sink import LinesRejectedError, SinkAwayError, SinkRefusesError
from tocsin.log.memory import MemoryLog

NOW_MS = 1_732_190_042_469
HOSTILE = [
    "a b",
    "a,b=c",
    'quo"te',
    "tail\\",
    "new\nline",
    "气体 泄漏",
    "x" * 64,
    "'; DROP SERIES --",
    "\ttab",
    "=,= ,",
]


def settings(server: InfluxServer, bucket: str, **changes: object) -> InfluxSettings:
    return InfluxSettings.model_validate(
        {
            "url": server.url,
            "org": ORG,
            "bucket": bucket,
            "token_file": "token",
            "interval_s": 0.02,
            "backoff_min_s": 0.02,
            "backoff_max_s": 0.1,
            **changes,
        }
    )


def follow(
    log: MemoryLog, events: MemoryEvents, chosen: InfluxSettings, folder: Path, token: str = TOKEN
) -> InfluxFollower:
    return InfluxFollower(
        log,
        events,
        InfluxSink(chosen, token),
        lambda _: PointPrefixes([f"P{n}" for n in range(10)], None),
        folder,
        SystemClock(),
        chosen,
        random.Random(1),
    )


def test_boards_can_ask_by_influxql(influx: InfluxServer, tmp_path: Path) -> None:  # noqa: F811
    influx.make_bucket("boards")
    log, events = MemoryLog(), MemoryEvents()
    rows = [
        (0, NOW_MS, 10.0, Quality.GOOD),
        (0, NOW_MS + 1000, 20.0, Quality.UNCERTAIN),
        (0, NOW_MS + 2000, 999.0, Quality.BAD),
        (0, NOW_MS + 3000, None, Quality.BAD),
        (1, NOW_MS, 1e300, Quality.GOOD),
        (2, NOW_MS, -1e-300, Quality.GOOD | RETAINED),
    ]
    log.append([Readings(NOW_MS + 5000, Batch.of(rows))])
    for k, name in enumerate(("raised", "cleared")):
        severity = "orange"
        events.events.append(
            AlarmEvent(
                name,
                "a1",
                "gas",
                1,
                "P0",
                "high",
                "E001",
                "h",
                severity,
                NOW_MS,
                26.0,
                25.0,
                None,
                False,
                k == 1,
                "held",
            )
        )
    follower = follow(log, events, settings(influx, "boards"), tmp_path)
    follower.start()
    assert eventually(lambda: follower.status().event == 2 and follower.status().position == 1)
    follower.stop()

    mean = influx.query("SELECT mean(value) FROM reading WHERE point = 'P0'", "boards")
    assert mean[0]["mean"] == 15.0
    quality = influx.query("SELECT quality, bad_value FROM reading WHERE point = 'P0'", "boards")
    assert [(row["quality"], row["bad_value"]) for row in quality] == [(0, None), (1, None), (2, 999.0), (2, None)]
    assert influx.query("SELECT value FROM reading WHERE point = 'P1'", "boards")[0]["value"] == 1e300
    retained = influx.query("SELECT value, retained FROM reading WHERE point = 'P2'", "boards")[0]
    assert (retained["value"], retained["retained"]) == (-1e-300, True)
    counted = influx.query("SELECT count(alarm) FROM alarm WHERE exercise = 'false' GROUP BY severity, event", "boards")
    assert [(row["event"], row["count"]) for row in counted] == [("raised", 1)]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_break_no_line(influx: InfluxServer, name: str) -> None:  # noqa: F811
    sink = InfluxSink(settings(influx, "readings"), TOKEN)
    number = HOSTILE.index(name)
    sink.write([f"hostile{number}{tag('k', name)}{tag('after', 'ok')} s={text(name)},v=1.0 {NOW_MS}000000"])
    sink.close()
    (row,) = influx.query(f"SELECT s, v, k, after FROM hostile{number}")
    assert row["after"] == "ok"
    assert row["v"] == 1.0
    assert row["k"] == name.replace("\\", "_").replace("\n", "_").replace("\t", "_")
    assert row["s"] == name.replace("\n", " ").replace("\t", " ")


def test_a_wrong_token_is_a_refusal_and_not_an_outage(influx: InfluxServer) -> None:  # noqa: F811
    sink = InfluxSink(settings(influx, "readings"), "wrong")
    with pytest.raises(SinkRefusesError, match="401"):
        sink.write([f"reading,point=P value=1.0 {NOW_MS}000000"])


def test_nobody_there_is_an_outage(influx: InfluxServer) -> None:  # noqa: F811
    sink = InfluxSink(settings(influx, "readings", url="http://127.0.0.1:9", timeout_s=2), TOKEN)
    with pytest.raises(SinkAwayError):
        sink.write([f"reading,point=P value=1.0 {NOW_MS}000000"])


def test_a_line_it_cannot_read_is_the_line_s_fault(influx: InfluxServer) -> None:  # noqa: F811
    sink = InfluxSink(settings(influx, "readings"), TOKEN)
    with pytest.raises(LinesRejectedError, match="400"):
        sink.write(["this is no line"])


def test_a_missing_bucket_is_said_and_waited_for(influx: InfluxServer, tmp_path: Path) -> None:  # noqa: F811
    log = MemoryLog()
    log.append([Readings(NOW_MS, Batch.of([(0, NOW_MS, 1.0, 0)]))])
    follower = follow(log, MemoryEvents(), settings(influx, "later"), tmp_path)
    follower.start()
    assert eventually(lambda: follower.status().refused)
    assert "404" in follower.status().trouble
    influx.make_bucket("later")
    assert eventually(lambda: follower.status().position == 1)
    follower.stop()
    assert not follower.status().refused
    assert len(influx.query("SELECT value FROM reading", "later")) == 1


def test_only_what_lies_outside_the_retention_is_kept_aside(influx: InfluxServer, tmp_path: Path) -> None:  # noqa: F811
    influx.make_bucket("short", keep_s=3600)
    now_ms = SystemClock().now_ms()
    old = [(n, now_ms - 86_400_000, float(n), 0) for n in range(7)]
    new = [(n, now_ms, float(n), 0) for n in range(10)]
    log = MemoryLog()
    log.append([Readings(now_ms, Batch.of(old[:3] + new[:5] + old[3:] + new[5:]))])
    follower = follow(log, MemoryEvents(), settings(influx, "short"), tmp_path)
    follower.start()
    assert eventually(lambda: follower.status().position == 1)
    follower.stop()
    assert follower.status().rejected == 7
    assert len((tmp_path / "influx.rejected.jsonl").read_bytes().splitlines()) == 7
    assert len(influx.query("SELECT value FROM reading", "short")) == 10


def test_compressed_lines_arrive(influx: InfluxServer) -> None:  # noqa: F811
    sink = InfluxSink(settings(influx, "readings", gzip=True), TOKEN)
    sink.write([f"zipped value={n}.0 {NOW_MS + n}000000" for n in range(100)])
    sink.close()
    assert influx.query("SELECT count(value) FROM zipped")[0]["count"] == 100
