"""`tocsin scale` and `tocsin replay --kafka` on a real Kafka."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.command import tocsin
from support.data_folder import START_MS, make_data_folder
from support.decided import keys
from support.kafka import KafkaCluster, kafka
from support.site_builder import build_site
from support.waiting import eventually
from support.workers import Workers

from ingest.feed import entries_of_feed, read_feed
from plant.entries import Act, Configuration, Entry, OperatorAction, Tick
from plant.registry import PointRegistry
from tocsin.configuration import read_configuration
from tocsin.kafka.client import admin, producer
from tocsin.kafka.partition_log import PartitionLog
from tocsin.kafka.topics import Topics
from tocsin.kafka.versions import Versions
from tocsin.log.registry_file import load_registry
from tocsin.runtime.core import Core
from tocsin.scale.difference import look
from tocsin.settings.kafka import KafkaSettings

__all__ = ["kafka"]

T0 = 1_900_000_000_000
"""Not yet dropped by any retention."""
POINTS, ENTERPRISES, SECONDS = 60, 12, 60
RULES = """\
rules:
  - id: gas
    applies_to: {kind: gas.combustible}
    condition: {limit: {h: 25, hh: 50, deadband: 2}}
    on_delay_s: {h: 3, hh: 0}
    severity: {h: orange, hh: red}
    source: {standard: test, certainty: ED}
  - id: silent
    applies_to: {kind: "*"}
    condition: {stale: {after_s: 20}}
    severity: yellow
    source: {standard: test, certainty: ED}
  - id: two-of-them
    applies_to: {kind: gas.combustible}
    condition: {vote: {rule: gas, n: 2, per: site}}
    severity: red
    source: {standard: test, certainty: ED}
"""


def config(folder: Path, settings: KafkaSettings, retention_days: float = 0.0) -> Path:
    path = folder / "tocsin.toml"
    path.write_text(
        f'site = "site"\n[kafka]\nbootstrap = "{settings.bootstrap[0]}"\nprefix = "{settings.prefix}"\n'
        f"partitions = {settings.partitions}\nreplication = 1\n"
        f"retention_days = {retention_days or settings.retention_days}\n"
    )
    return path


def events(text: str) -> Counter[tuple[object, ...]]:
    return keys(json.loads(line) for line in text.splitlines())


@pytest.fixture(scope="module")
def fed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `site` and `feed.csv`: gas that comes and goes in many places, and points that fall silent."""
    folder = tmp_path_factory.mktemp("fed")
    site = build_site(folder / "site", POINTS, ENTERPRISES, rules={"rules.yaml": RULES})
    ids = list(read_configuration(site).site.points)
    rng = np.random.default_rng(8)
    with (folder / "feed.csv").open("w") as file:
        print("point,measured_at,value", file=file)
        for second in range(SECONDS):
            for n, point in enumerate(ids):
                if rng.random() < 0.02 or (n % 9 == 0 and second > 25):
                    continue
                value = 60.0 if (second // 10 + n) % 4 == 0 else 8.0
                print(f"{point},{T0 + 1000 * second + n},{value}", file=file)
    return folder


@pytest.fixture(scope="module")
def loaded(kafka: KafkaCluster, fed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The settings of topics that the feed was loaded into; only read from."""
    path = config(tmp_path_factory.mktemp("loaded"), kafka.topics("feed.", 3))
    ran = tocsin("scale", "load", fed / "feed.csv", "--site", fed / "site", "--config", path)
    assert ran.code == 0, ran.err
    return path


def test_topics_are_made_once_and_what_is_wrong_with_them_is_said(kafka: KafkaCluster, tmp_path: Path) -> None:
    build_site(tmp_path / "site", 20)
    made = config(tmp_path, kafka.settings("made.", 3))

    first = tocsin("scale", "plan", "--config", made, "--create")
    assert first.code == 0
    assert first.err.splitlines()[-1].startswith("made made.readings, made.spanning, ")
    assert tocsin("scale", "plan", "--config", made, "--create").err.splitlines()[-1] == "all topics are there"

    _set(kafka.settings("made."), "made.readings", "cleanup.policy", "compact")
    _set(kafka.settings("made."), "made.alarms", "max.message.bytes", "1000")
    # A broker answers with the old ones for a moment.
    assert eventually(lambda: len(look(kafka.settings("made.", 3))[1]) == 2)
    wrong = tocsin("scale", "plan", "--config", made, "--create")
    assert wrong.code == 1
    assert [line.split(",")[0] for line in wrong.mistakes if line.startswith("made.")] == [
        "made.readings: cleanup.policy is compact",
        "made.alarms: max.message.bytes is 1000",
    ]
    assert "Traceback" not in wrong.err

    other = config(tmp_path, kafka.settings("made.", 5))
    told = tocsin("scale", "plan", "--config", other, "--create")
    assert told.code == 1
    assert "made.readings: 3 partitions, wanted are 5" in told.err


def test_a_feed_in_kafka_brings_the_events_that_it_brings_by_itself(fed: Path, loaded: Path) -> None:
    path = loaded
    alone = tocsin("replay", fed / "feed.csv", "--site", fed / "site")
    again = tocsin("replay", "--kafka", "--config", path)

    assert again.code == 0, again.err
    assert len(events(alone.out)) > 30
    assert {json.loads(line)["rule"] for line in alone.out.splitlines()} == {"gas", "silent", "two-of-them"}
    assert events(again.out) == events(alone.out)
    assert again.out.splitlines() == sorted(again.out.splitlines(), key=_order)
    assert again.err.split(" in ")[0] == alone.err.split(" in ")[0]

    half = T0 + 30_000
    late = tocsin("replay", "--kafka", "--config", path, "--from", half)
    assert events(late.out) == keys(e for e in map(json.loads, alone.out.splitlines()) if e["at"] >= half)

    shards = [tocsin("replay", "--kafka", "--config", path, "--shard", k).out for k in range(4)]
    assert sum(map(events, shards), Counter()) == events(alone.out)
    assert {json.loads(line)["rule"] for line in shards[3].splitlines()} == {"two-of-them"}

    tail = tocsin("replay", "--kafka", "--config", path, "--from-offset", "1:30").out.splitlines()
    assert 0 < len(tail) < len(shards[1].splitlines())
    assert set(tail) < set(shards[1].splitlines())


def test_what_is_no_longer_kept_and_what_cannot_be_read_is_said(kafka: KafkaCluster, fed: Path, tmp_path: Path) -> None:
    from confluent_kafka import TopicPartition

    settings = kafka.topics("gone.", 2)
    path = config(tmp_path, settings)
    call = ("scale", "load", fed / "feed.csv", "--site", fed / "site", "--config", path)
    assert tocsin(*call).code == 0
    ends = _ends(settings)
    assert tocsin(*call, "--append").code == 0
    assert all(later > before for later, before in zip(_ends(settings), ends, strict=True))
    client, writer = admin(settings), producer(settings)
    for future in client.delete_records([TopicPartition("gone.readings", 1, 20)]).values():
        future.result(10)
    writer.produce("gone.readings", b"\xff nonsense", partition=1)
    assert writer.flush(10) == 0

    # The version in force there is known from `config`, so the rest of the shard is decided.
    again = tocsin("replay", "--kafka", "--config", path, "--shard", "1")

    assert again.code == 0
    assert len(again.out.splitlines()) > 5
    assert again.mistakes[0].startswith("gone.readings [1]: what stood before offset 20 ")
    assert again.mistakes[1].endswith(", 1 records that can't be read")


def test_topics_that_hold_something_are_refused(kafka: KafkaCluster, fed: Path, loaded: Path, tmp_path: Path) -> None:
    settings = kafka.settings("feed.", 3)
    ends = _ends(settings)
    refused = tocsin("scale", "load", fed / "feed.csv", "--site", fed / "site", "--config", loaded)
    assert refused.code == 2
    (line,) = refused.mistakes
    assert "holds" in line
    assert "--append" in line

    other = build_site(tmp_path / "other", 10)
    different = tocsin("scale", "load", fed / "feed.csv", "--site", other, "--config", loaded, "--append")
    assert different.code == 2
    assert "version 1 in force there is another" in different.err
    assert _ends(settings) == ends


def test_a_feed_that_cannot_be_read_leaves_the_topics_empty(kafka: KafkaCluster, fed: Path, tmp_path: Path) -> None:
    settings = kafka.topics("bad.", 2)
    feed = tmp_path / "bad.csv"
    feed.write_text(f"point,measured_at,value\nnobody,{T0},1\n")
    ran = tocsin("scale", "load", feed, "--site", fed / "site", "--config", config(tmp_path, settings))
    assert ran.code == 2
    assert ran.mistakes[0].startswith(f"{feed}:2")
    assert _ends(settings) == [0, 0, 0]
    with Versions.open(settings) as versions:
        assert versions.latest is None


def test_the_events_are_those_that_workers_wrote(kafka: KafkaCluster, fed: Path, tmp_path: Path) -> None:
    configured = read_configuration(fed / "site")
    settings = kafka.topics("written.", 2, checkpoint_s=0.5)
    path = config(tmp_path, settings)
    feed = read_feed(fed / "feed.csv", PointRegistry(configured.site.points))
    with Workers(tmp_path / "workers", settings, fed / "site", configured) as workers:
        workers.load(entries_of_feed(feed))
        (worker,) = workers.start()
        assert workers.hold_all()
        assert workers.decided_all()
        assert workers.stop(worker) == 0
        written = workers.alarms()

    again = tocsin("replay", "--kafka", "--config", path)

    assert written
    assert sorted(map(json.dumps, written)) == sorted(json.dumps(json.loads(line)) for line in again.out.splitlines())
    # A worker that ends writes a checkpoint: what comes after it needs nothing from before.
    end = _ends(settings)[0]
    tail = tocsin("replay", "--kafka", "--config", path, "--from-offset", f"0:{end}")
    assert (tail.code, tail.out) == (0, "")
    assert tail.err.startswith("0 readings, 0 events")


def test_a_journal_moves_with_its_versions_numbers_and_acts(kafka: KafkaCluster, tmp_path: Path) -> None:
    made = make_data_folder(tmp_path)
    _go_on(made.data, made.site, made.alarm)
    settings = kafka.topics("moved.", 4)
    path = config(tmp_path, settings, retention_days=7)

    ran = tocsin("scale", "load", "--journal", made.data, "--config", path)

    assert ran.code == 0, ran.err
    assert "1 acts on alarms that the book does not know left out" in ran.err
    assert "older than retention_days" in ran.err
    with Versions.open(settings) as versions:
        assert [head.why for head in versions.all] == ["from the journal", "other limits"]
        assert [head.who for head in versions.all] == ["load", "li"]
        assert list(versions.registry.ids) == list(load_registry(made.data / "points.registry").ids)
    alone = tocsin("replay", "--journal", made.data)
    again = tocsin("replay", "--kafka", "--config", path)
    assert events(again.out) == events(alone.out)
    assert events(alone.out)
    acts = [entry for entry in _all(settings) if isinstance(entry, Act)]
    assert [act.by for act in acts if isinstance(act, OperatorAction)] == ["wang"]

    twice = tocsin("scale", "load", "--journal", made.data, "--config", path)
    assert twice.code == 2
    assert "holds" in twice.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("replay", "--kafka"), "--kafka needs --config"),
        (("replay", "--kafka", "--speed", "2"), "--kafka goes with"),
        (("replay", "x.csv", "--site", ".", "--shard", "1"), "belong to --kafka"),
        (("replay", "--kafka", "--config", "CONFIG", "--shard", "9"), "there is no shard 9, allowed are 0 to 4"),
        (("replay", "--kafka", "--config", "CONFIG", "--from-offset", "x"), "--from-offset is x, allowed is K:N"),
        (("replay", "--kafka", "--config", "CONFIG", "--shard", "1", "--from-offset", "2:5"), "allowed is K:N"),
        (("scale", "load", "--config", "CONFIG"), "give either FEED with --site, or --journal"),
        (("scale", "load", "x.csv", "--config", "CONFIG"), "a FEED needs --site"),
        (("scale", "load", "--journal", "x", "--skip-unknown", "--config", "CONFIG"), "belongs to a FEED"),
    ],
)
def test_a_wrong_call_is_one_line(kafka: KafkaCluster, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    path = str(config(tmp_path, kafka.settings("none.")))
    ran = tocsin(*(path if argument == "CONFIG" else argument for argument in arguments))
    assert ran.code == 2
    (line,) = ran.mistakes
    assert said in line


def _order(line: str) -> tuple[Any, ...]:
    event = json.loads(line)
    return event["at"], event["rule"], event["subject"], event["side"]


def _set(settings: KafkaSettings, topic: str, key: str, value: str) -> None:
    from confluent_kafka.admin import (  # type: ignore[attr-defined]
        AlterConfigOpType,
        ConfigEntry,
        ConfigResource,
        ResourceType,
    )

    client = admin(settings)
    entry = ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    for future in client.incremental_alter_configs([resource]).values():
        future.result(10)


def _logs(settings: KafkaSettings) -> Iterator[PartitionLog]:
    topics = Topics.of(settings)
    for shard in topics.shards:
        with PartitionLog(settings, topics.log_of(shard)) as log:
            yield log


def _ends(settings: KafkaSettings) -> list[int]:
    return [log.end for log in _logs(settings)]


def _all(settings: KafkaSettings) -> list[Entry]:
    return [entry for log in _logs(settings) for _, entry in log.read(0)]


def _go_on(data: Path, site: Path, alarm: str) -> None:
    """Two people's acts, one on an alarm that nobody knows, and another version of the site."""
    core = Core.open(data, read_configuration(site), (), START_MS + 5000)
    (site / "rules").mkdir(exist_ok=True)
    (site / "rules" / "more.yaml").write_text(RULES.split("  - id: two-of-them")[0].replace("id: gas", "id: gas-here"))
    try:
        entries: list[Entry] = [
            Configuration(START_MS + 5000, "rules", core.prepare(read_configuration(site)), "li", "other limits"),
            OperatorAction(START_MS + 6000, "acknowledge", alarm, "wang"),
            OperatorAction(START_MS + 7000, "acknowledge", "a" * 16, "zhao"),
            Tick(START_MS + 60_000),
        ]
        position = core.append(entries)
        for commit in core.decide(list(enumerate(entries, position))):
            core.record(commit)
    finally:
        core.close()
