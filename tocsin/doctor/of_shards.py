"""The logs of a cluster's shards: somebody writes each of them, somebody decides it, and its history is kept."""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from plant.mistakes import InputError
from tocsin.doctor.finding import Fact, Finding, bad, ok
from tocsin.doctor.of_kafka import no_answer
from tocsin.doctor.reach import TIMEOUT_S
from tocsin.kafka.admin import check_partitions
from tocsin.kafka.client import admin, clear
from tocsin.kafka.errors import KafkaAwayError, KafkaClientError, KafkaTopicError
from tocsin.kafka.group_progress import WRITTEN, GroupProgress
from tocsin.kafka.topics import LogPlace, Topics
from tocsin.settings import Settings
from tocsin.settings.kafka import KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

_NAME: Final = "shards"
_SILENT_S: Final = 15.0
"""Each bridge writes a tick a second; another takes a dead one's lease over within 10 s."""
_LATE_S: Final = 30.0
"""Far above the seconds that lie between two commits."""
_TRIES: Final = 10
_BETWEEN_S: Final = 0.2
_HISTORY: Final = ("influx", "rollups")


class _Asked(NamedTuple):
    offset: int
    """-1: there is none."""
    at_ms: int


def look_at_shards(settings: Settings, now_ms: int) -> list[Finding]:
    """Only offsets are read. What was put into Kafka and is not decided is not lost, but late."""
    kafka = settings.kafka
    if kafka is None:
        return []
    try:
        check_partitions(kafka)
        found = _written(kafka, now_ms) + _decided(kafka, now_ms)
        if settings.influx is not None:
            found += _kept(kafka, now_ms, settings.watch.history_behind_s)
    except (InputError, KafkaTopicError):
        return []  # The check of Kafka itself tells of it.
    except KafkaClientError as error:
        return [no_answer(_NAME, error)]
    return found or [ok(_NAME, "shards_ok", n=len(_logs(kafka)))]


def _written(kafka: KafkaSettings, now_ms: int) -> list[Finding]:
    """What nobody writes to. A bridge that dies is heard of here and in its own metrics, not by its devices."""
    from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]

    since = _ask(kafka, OffsetSpec.for_timestamp(round(now_ms - _SILENT_S * 1000)))
    silent = [place for place, found in since.items() if found.offset < 0]
    if not silent:
        return []
    # Of a log that is being written Kafka may not tell this for a moment; of these nothing else is known yet.
    newest = _ask(kafka, OffsetSpec.max_timestamp())  # type: ignore[no-untyped-call]
    oldest_ms = min(newest[place].at_ms for place in silent)
    seconds = round((now_ms - oldest_ms) / 1000) if oldest_ms > 0 else -1
    facts: dict[str, Fact] = {"n": len(silent), "of": len(since), "first": _shown(silent[0])}
    if seconds < 0:
        return [bad(_NAME, "shards_empty", "", **facts)]
    return [bad(_NAME, "shards_silent", "", **facts, seconds=seconds)]


def _decided(kafka: KafkaSettings, now_ms: int) -> list[Finding]:
    """What the workers have not come to."""
    allowed_s = _LATE_S
    late = _behind(kafka, WRITTEN, now_ms, allowed_s)
    if not late:
        return []
    facts: dict[str, Fact] = {
        "n": len(late),
        "of": len(_logs(kafka)),
        "first": _shown(late[0]),
        "seconds": round(allowed_s),
    }
    return [bad(_NAME, "shards_undecided", "", **facts)]


def _kept(kafka: KafkaSettings, now_ms: int, allowed_s: float) -> list[Finding]:
    late = sorted({place for group in _HISTORY for place in _behind(kafka, group, now_ms, allowed_s, spanning=False)})
    if not late:
        return []
    facts: dict[str, Fact] = {
        "n": len(late),
        "of": kafka.partitions,
        "first": _shown(late[0]),
        "seconds": round(allowed_s),
    }
    return [bad(_NAME, "shards_unkept", "", **facts)]


def _behind(
    kafka: KafkaSettings, group: str, now_ms: int, allowed_s: float, *, spanning: bool = True
) -> list[LogPlace]:
    """Logs of which a group has not come as far as what was written `allowed_s` ago."""
    from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]

    # The first record of that time or later; -1 where all are older: then the group should be at the end.
    since = _ask(kafka, OffsetSpec.for_timestamp(round(now_ms - allowed_s * 1000)))
    ends = _ask(kafka, OffsetSpec.latest())  # type: ignore[no-untyped-call]
    done = _committed(kafka, group)
    places = [place for place in _logs(kafka) if spanning or place.topic != Topics.of(kafka).spanning]
    due = {place: since[place].offset if since[place].offset >= 0 else ends[place].offset for place in places}
    return [place for place in places if done.get(place, 0) < due[place]]


def _ask(kafka: KafkaSettings, spec: Any) -> Mapping[LogPlace, _Asked]:
    """An offset of each log. A partition may be between two leaders for a moment. KafkaClientError."""
    client = admin(kafka, TIMEOUT_S)
    nap = threading.Event()
    for _ in range(_TRIES):
        try:
            return _told(kafka, client, spec)
        except KafkaAwayError:
            nap.wait(_BETWEEN_S)
    return _told(kafka, client, spec)


def _told(kafka: KafkaSettings, client: "AdminClient", spec: Any) -> Mapping[LogPlace, _Asked]:
    from confluent_kafka import KafkaException, TopicPartition

    try:
        asked = client.list_offsets({TopicPartition(*place): spec for place in _logs(kafka)}, request_timeout=TIMEOUT_S)
        told = {LogPlace(at.topic, at.partition): future.result(TIMEOUT_S) for at, future in asked.items()}
    except KafkaException as error:
        raise clear(kafka, error) from None
    except TimeoutError:
        raise KafkaAwayError(f"Kafka does not say how far its logs go, within {TIMEOUT_S:g} s") from None
    return {place: _Asked(info.offset, info.timestamp) for place, info in told.items()}


def _committed(kafka: KafkaSettings, group: str) -> Mapping[LogPlace, int]:
    """How far a group has come, of what it has committed at all. KafkaClientError."""
    progress = GroupProgress(kafka, group, TIMEOUT_S)
    try:
        return progress.ask()
    finally:
        progress.close()


def _logs(kafka: KafkaSettings) -> list[LogPlace]:
    topics = Topics.of(kafka)
    return [topics.log_of(shard) for shard in topics.shards]


def _shown(place: LogPlace) -> str:
    return f"{place.topic} [{place.partition}]"
