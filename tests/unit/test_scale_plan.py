"""The plan's arithmetic, and what it says of topics that are there."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.command import tocsin
from support.site_builder import build_site

from plant.site_reader import read_site
from tocsin.kafka.topics import TopicSpec
from tocsin.scale.difference import Found, differences
from tocsin.scale.figures import FIGURES, Measured
from tocsin.scale.load import Load, load_of
from tocsin.scale.plan import PARTITIONS, TAKEOVER_S, Plan, plan, takeover_s
from tocsin.settings.kafka import KafkaSettings

PROVINCE = Load(440_000, 800e6, 4_400, 4_400)
KAFKA = KafkaSettings(bootstrap=("127.0.0.1:9092",), partitions=16)
ROUND = FIGURES._replace(
    worker_readings_s=Measured(100_000, "readings/s", "", ""),
    bridge_messages_s=Measured(10_000, "messages/s", "", ""),
    reading_bytes=Measured(20, "bytes", "", ""),
    record_bytes=Measured(100, "bytes", "", ""),
)


def value(made: Plan, name: str) -> float:
    return next(line.value for section in made.sections for line in section.lines if line.name == name)


def test_rates_follow_from_the_day() -> None:
    made = plan(Load(10_000, 86.4e6, 100, 100), KAFKA, ROUND)
    assert value(made, "mean") == 1000
    assert value(made, "peak") == 2000
    assert value(made, "catch-up") == 3000
    # 16 partitions, 20 records a second each: 320 records of 3.125 readings.
    assert value(made, "records") == 320
    assert value(made, "bytes a reading") == 20 + 100 / 3.125
    assert value(made, "readings") == pytest.approx(86.4e6 * 52 * 7 * 3 / 1e9)


def test_there_are_no_more_records_than_messages() -> None:
    made = plan(Load(10_000, 864_000, 100, 100), KAFKA, ROUND)
    assert value(made, "records") == 10
    assert value(made, "bytes a reading") == 120


def test_what_is_down_is_not_counted_on() -> None:
    load = Load(1000, 86_400 * 50_000, 100, 10, readings_a_message=50)
    often = KAFKA.model_copy(update={"checkpoint_s": 5.0})
    made = plan(load, often, ROUND)
    # 150,000 readings/s while catching up: two workers, and one that may be away.
    assert (made.workers, made.bridges) == (3, 2)
    assert value(made, "catch-up after an hour away") == pytest.approx(50_000 * 3600 / (2 * 100_000 - 50_000))
    assert plan(replace(load, down=2), often, ROUND).workers == 4
    assert plan(replace(load, readings_a_message=1), often, ROUND).bridges == 16


def test_where_restoring_takes_too_long_there_are_more_workers() -> None:
    slow = ROUND._replace(restore_s_100k=Measured(5, "s", "", ""))
    few, many = plan(PROVINCE, KAFKA, ROUND), plan(PROVINCE, KAFKA, slow)
    assert many.workers > few.workers
    assert takeover_s(PROVINCE, KAFKA, slow, many.workers) <= TAKEOVER_S
    assert takeover_s(PROVINCE, KAFKA, slow, many.workers - 1) > TAKEOVER_S


def test_where_much_comes_between_checkpoints_there_are_more_workers() -> None:
    busy = Load(1000, 86_400 * 50_000, 100, 10, readings_a_message=50)
    rare = KAFKA.model_copy(update={"checkpoint_s": 60.0})
    assert plan(busy, rare, ROUND).workers > plan(busy, KAFKA, ROUND).workers > 3


def test_partitions_of_the_settings_stay_as_they_are() -> None:
    made = plan(PROVINCE, KAFKA)
    assert made.partitions == 16
    assert {topic.name: topic.partitions for topic in made.topics}["tocsin.readings"] == 16
    free = plan(PROVINCE)
    assert free.partitions == free.partitions_needed


def test_no_load_is_no_plan() -> None:
    for load in (replace(PROVINCE, points=0), replace(PROVINCE, readings_a_day=0.0), replace(PROVINCE, enterprises=0)):
        with pytest.raises(ValueError, match="at least one"):
            plan(load)
    with pytest.raises(ValueError, match="divide the site"):
        plan(replace(PROVINCE, readings_a_day=1e14))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5_000_000), st.floats(1, 1e10), st.integers(1, 50_000), st.floats(0, 1e6), st.floats(1.1, 4))
def test_more_of_anything_never_needs_less(
    points: int, readings: float, enterprises: int, alarms: float, times: float
) -> None:
    load = Load(points, readings, enterprises, alarms)
    more = replace(load, points=int(points * times), readings_a_day=readings * times, alarms_a_day=alarms * times)
    small, large = plan(load), plan(more)
    assert large.workers >= small.workers >= 2
    assert large.bridges >= small.bridges >= 2
    assert large.partitions_needed >= small.partitions_needed >= PARTITIONS[0]
    for name in ("checkpoints", "PostgreSQL, a year", "InfluxDB, a day of raw readings"):
        assert value(large, name) >= value(small, name)
    assert small.partitions_needed >= small.workers


def test_a_site_that_is_read_is_counted_by_its_periods(tmp_path: Path) -> None:
    build_site(tmp_path, 30, enterprises=3, period_s=60)
    assert load_of(read_site(tmp_path)[0]) == (30, 30 * 1440, 3)


def test_topics_that_differ_are_told_one_line_a_difference() -> None:
    spec = TopicSpec("t.readings", 8, {"cleanup.policy": "delete", "max.message.bytes": "100", "retention.ms": "5"})
    right = {"cleanup.policy": "delete", "max.message.bytes": "200", "retention.ms": "5"}
    assert differences(spec, 3, Found(8, 3, right)) == []
    told = differences(spec, 3, Found(4, 1, {"cleanup.policy": "compact", "max.message.bytes": "99"}))
    assert [line.split(",")[0] for line in told] == [
        "t.readings: 4 partitions",
        "t.readings: 1 copies",
        "t.readings: cleanup.policy is compact",
        "t.readings: max.message.bytes is 99",
        "t.readings: retention.ms is not said",
    ]
    assert "never changed" in told[0]


def test_the_command_prints_the_plan_with_its_arithmetic() -> None:
    done = tocsin("scale", "plan", "--points", "440000", "--readings-per-day", "800000000")
    assert done.code == 0
    assert "800,000,000 a day / 86,400 s" in done.out
    assert "tocsin.readings" in done.out
    again = json.loads(tocsin("scale", "plan", "--points", "440000", "--json").out)
    assert again["workers"] >= 2
    assert again["load"]["readings_a_day"] == 440_000 * 1440
    assert {topic["name"] for topic in again["topics"]} >= {"tocsin.readings", "tocsin.steps"}


def test_the_command_counts_the_site_of_the_settings(tmp_path: Path) -> None:
    build_site(tmp_path / "site", 30, enterprises=3, period_s=60)
    config = tmp_path / "tocsin.toml"
    config.write_text('site = "site"\n[kafka]\nbootstrap = "127.0.0.1:1"\nprefix = "x."\npartitions = 5\n')
    done = tocsin("scale", "plan", "--config", str(config))
    assert done.code == 0
    assert done.out.startswith("30 points of 3 enterprises, 43,200 readings")
    assert "x.readings" in done.out
    assert "the settings have 5 partitions, this load needs 8" in done.err


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    config = tmp_path / "tocsin.toml"
    config.write_text('site = "site"\n')
    for call, said in (
        (("scale", "plan"), "give --points, or --config"),
        (("scale", "plan", "--points", "3", "--create"), "--create needs --config"),
        (("scale", "plan", "--points", "3", "--create", "--config", str(config)), "kafka: is missing"),
    ):
        done = tocsin(*call)
        assert (done.code, len(done.mistakes)) == (2, 1)
        assert said in done.err
