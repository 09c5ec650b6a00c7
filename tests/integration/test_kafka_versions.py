"""The topic `config` on a real Kafka: numbers, point numbers, two who put at once, what is left half written."""

import json
import threading
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest
from support.command import tocsin
from support.kafka import KafkaCluster
from support.kafka import kafka as kafka  # a fixture
from support.site_builder import build_site

from tocsin.configuration import Configured, read_configuration
from tocsin.kafka.client import producer
from tocsin.kafka.errors import FencedError, KafkaTopicError
from tocsin.kafka.topics import Topics
from tocsin.kafka.version_records import PART_BYTES, VersionHead, part_key
from tocsin.kafka.versions import Versions, put_version
from tocsin.settings.kafka import KafkaSettings

T0_MS = 1_732_190_000_000
RULE = "rules:\n  - id: more\n    applies_to: {kind: dust.*}\n    condition: {limit: {h: 9000}}\n"


@pytest.fixture
def settings(kafka: KafkaCluster) -> KafkaSettings:
    return kafka.topics(f"{uuid4().hex}.", 1)


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> list[Configured]:
    """Three versions, each with more points."""
    made = []
    for points in (20, 30, 40):
        folder = tmp_path_factory.mktemp("site")
        build_site(folder, points, enterprises=2)
        made.append(read_configuration(folder))
    return made


def put(settings: KafkaSettings, configured: Configured, instead_of: int, who: str = "li") -> VersionHead:
    return put_version(
        settings, configured, kind="site", who=who, why="换限值", at_ms=T0_MS, instead_of=instead_of, timeout_s=15
    )


def test_versions_come_back_as_they_were_put(settings: KafkaSettings, sites: list[Configured]) -> None:
    with Versions.open(settings) as versions:
        assert (versions.latest, list(versions.all), len(versions.registry)) == (None, [], 0)
    for i, configured in enumerate(sites):
        put(settings, configured, instead_of=i)
    with Versions.open(settings) as versions:
        assert [head.number for head in versions.all] == [1, 2, 3]
        assert versions.latest == versions.head(3)
        head = versions.head(2)
        assert (head.digest, head.kind, head.who, head.why, head.at_ms) == (
            sites[1].digest, "site", "li", "换限值", T0_MS,
        )  # fmt: skip
        for number, configured in enumerate(sites, 1):
            assert versions.stored(number) == configured.stored
            assert versions.get(number).site == configured.site
            assert versions.resolve(configured.digest) == versions.get(number)
        with pytest.raises(LookupError, match="no version 4"):
            versions.get(4)


def test_point_numbers_only_grow(settings: KafkaSettings, sites: list[Configured]) -> None:
    small, _, large = sites
    put(settings, small, 0)
    put(settings, large, 1)
    put(settings, small, 2)
    with Versions.open(settings) as versions:
        ids = list(versions.registry.ids)
        assert ids[: len(small.site.points)] == list(small.site.points)
        assert sorted(ids) == sorted({*small.site.points, *large.site.points})
        assert [head.points for head in versions.all] == [len(small.site.points), len(ids), len(ids)]


def test_who_follows_sees_a_version_come(settings: KafkaSettings, sites: list[Configured]) -> None:
    with Versions.open(settings) as versions:
        assert list(versions.refresh()) == []
        registry = versions.registry
        first = put(settings, sites[0], 0)
        assert list(versions.refresh(10)) == [first]
        assert list(versions.refresh()) == []
        putting = threading.Thread(target=put, args=(settings, sites[1], 1))
        putting.start()
        assert versions.resolve(sites[1].digest).site == sites[1].site
        putting.join()
        assert set(registry.ids) == set(sites[1].site.points)


def test_a_change_is_made_against_the_newest_version(settings: KafkaSettings, sites: list[Configured]) -> None:
    put(settings, sites[0], 0, who="wang")
    with pytest.raises(ValueError, match="version 1 by wang is the newest"):
        put(settings, sites[1], 0)
    with pytest.raises(ValueError, match="version 1"):
        put(settings, sites[1], 2)
    with Versions.open(settings) as versions:
        assert len(versions.all) == 1


def test_of_two_at_once_one_gets_the_number(settings: KafkaSettings, sites: list[Configured]) -> None:
    put(settings, sites[0], 0)
    together, won, lost = threading.Barrier(3), list[VersionHead](), list[Exception]()

    def one(who: str) -> None:
        together.wait()
        try:
            won.append(put(settings, sites[1], 1, who))
        except (ValueError, FencedError) as error:
            lost.append(error)

    threads = [threading.Thread(target=one, args=(who,)) for who in ("li", "wang", "zhao")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 2)
    with Versions.open(settings) as versions:
        assert [head.number for head in versions.all] == [1, 2]
        assert versions.latest == won[0]


def test_what_was_never_committed_is_not_seen(settings: KafkaSettings, sites: list[Configured]) -> None:
    topic = Topics.of(settings).config
    died = producer(settings, transactional_id="config")
    died.init_transactions(15)
    died.begin_transaction()
    died.produce(topic, b"half", part_key(1, 0), partition=0)
    assert died.flush(15) == 0
    put(settings, sites[0], 0)
    with Versions.open(settings) as versions:
        assert versions.get(1).site == sites[0].site


def test_a_large_version_goes_in_parts(settings: KafkaSettings, sites: list[Configured]) -> None:
    stored = Random(1).randbytes(3 * PART_BYTES)
    large = replace(sites[0], stored=stored)
    assert put(settings, large, 0).parts == 4
    put(settings, sites[1], 1)
    with Versions.open(settings) as versions:
        assert sha256(versions.stored(1)).hexdigest() == large.digest
        assert versions.get(2).site == sites[1].site


def test_what_does_not_belong_there_is_passed_over(settings: KafkaSettings, sites: list[Configured]) -> None:
    stranger = producer(settings)
    for key in (None, b"", b"x", b"1/x", b"9" * 40):
        stranger.produce(Topics.of(settings).config, b"?", key, partition=0)
    assert stranger.flush(15) == 0
    put(settings, sites[0], 0)
    with Versions.open(settings) as versions:
        assert len(versions.all) == 1


def test_a_missing_topic_is_said_with_what_helps(kafka: KafkaCluster) -> None:
    with pytest.raises(KafkaTopicError, match="tocsin scale plan --create"):
        Versions.open(kafka.settings("nobody."), timeout_s=10)


def test_apply_and_history_of_a_cluster(settings: KafkaSettings, tmp_path: Path) -> None:
    config = tmp_path / "tocsin.toml"
    site = build_site(tmp_path / "site", 20, enterprises=2)
    config.write_text(
        f'site = "site"\n[kafka]\nbootstrap = "{settings.bootstrap[0]}"\nprefix = "{settings.prefix}"\n'
        "partitions = 1\nreplication = 1\n"
    )
    who = ("--by", "Li Na", "--why", "as agreed", "--yes", "--config", config)

    first = tocsin("rules", "apply", "--site", site, *who)
    assert first.code == 0
    assert "would be the first version" in first.out
    assert "by Li Na is in Kafka" in first.out
    again = tocsin("rules", "apply", "--site", site, *who)
    assert (again.code, "is in force already" in again.out) == (0, True)

    build_site(site, 20, enterprises=2, rules={"more.yaml": RULE})
    shown = tocsin("rules", "apply", "--site", site, *who, "--dry-run")
    assert (shown.code, "rule more: added" in shown.out) == (0, True)
    assert tocsin("rules", "apply", "--site", site, *who).code == 0

    listed = tocsin("rules", "history", "--config", config, "--json")
    versions = [json.loads(line) for line in listed.out.splitlines()]
    assert [(v["version"], v["who"], v["kind"]) for v in versions] == [(1, "Li Na", "site"), (2, "Li Na", "rules")]
    assert "as agreed" in tocsin("rules", "history", "--config", config).out
    assert "more" in tocsin("rules", "history", "--config", config, "--diff", "1", "2").out


def test_a_cluster_without_topics_is_told_in_one_line(kafka: KafkaCluster, tmp_path: Path) -> None:
    config = tmp_path / "tocsin.toml"
    config.write_text(f'site = "site"\n[kafka]\nbootstrap = "{kafka.bootstrap}"\nprefix = "nobody."\n')
    ran = tocsin("rules", "history", "--config", config)
    assert (ran.code, len(ran.mistakes)) == (2, 1)
    assert "tocsin scale plan --create" in ran.err
