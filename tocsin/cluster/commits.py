"""Cursors of followers as commits of consumer groups: whoever takes a partition over goes on from there."""

from contextlib import suppress
from typing import Any, Final

import msgspec

from plant.entries import Position
from tocsin.followers.cursor import Cursor
from tocsin.history.rollup_state import RollUpState
from tocsin.history.states.follower import StateCursor
from tocsin.kafka.client import clear, reader
from tocsin.kafka.followed_log import FollowedLog
from tocsin.kafka.topics import LogPlace, Topics
from tocsin.settings.kafka import KafkaSettings

MOST_BYTES: Final = 4_000
"""Brokers take 4096 beside a commit."""
_ASK_S: Final = 10.0


class Commits:
    """What one consumer group has committed: an offset and a text for each partition. Thread-safe.

    The group has no members, so Kafka takes a commit from whoever makes it. A process that was taken for dead and
    wakes up may thus set a cursor back: what lies between is written again, and overwrites itself.
    """

    def __init__(self, settings: KafkaSettings, group: str) -> None:
        self._settings = settings
        options = {"group.id": Topics.of(settings).group(group), "enable.partition.eof": False}
        self._consumer = reader(settings, more=options)

    def load(self, place: LogPlace) -> tuple[Position, str] | None:
        """None where nothing is committed. KafkaClientError."""
        from confluent_kafka import KafkaException, TopicPartition

        try:
            [found] = self._consumer.committed([TopicPartition(*place)], timeout=_ASK_S)
        except KafkaException as error:
            raise clear(self._settings, error) from None
        if found.error is not None:
            raise clear(self._settings, found.error)
        return (int(found.offset), found.metadata or "") if found.offset >= 0 else None

    def save(self, place: LogPlace, position: Position, text: str) -> None:
        """OSError: Kafka did not take it."""
        from confluent_kafka import KafkaException, TopicPartition

        topic, partition = place
        asked = TopicPartition(topic, partition, position, metadata=text)
        try:
            [done] = self._consumer.commit(offsets=[asked], asynchronous=False)
        except KafkaException as error:
            raise OSError(str(clear(self._settings, error))) from error
        if done.error is not None:
            raise OSError(str(clear(self._settings, done.error)))

    def close(self) -> None:
        with suppress(RuntimeError):
            self._consumer.close()


class _Kept(msgspec.Struct, forbid_unknown_fields=True):
    """What stands beside a commit of readings. `last_ms` is when the entry before the offset was taken."""

    event: int = 0
    site: str = ""
    last_ms: int | None = None


class ReadingCursors:
    """Implements CursorStore[Cursor] for one partition, the offset being the position."""

    def __init__(self, commits: Commits, log: FollowedLog) -> None:
        self._commits = commits
        self._log = log

    def load(self) -> Cursor | None:
        found = self._commits.load(self._log.place)
        if found is None:
            return None
        position, text = found
        kept = _decoded(text, _Kept)
        if kept.last_ms is not None:
            self._log.begin_after(position, kept.last_ms)
        return Cursor(position, kept.event, kept.site)

    def save(self, cursor: Cursor) -> None:
        kept = _Kept(cursor.event, cursor.site, self._log.taken_before(cursor.position))
        self._commits.save(self._log.place, cursor.position, _text(kept))


class _KeptRollUps(msgspec.Struct, forbid_unknown_fields=True):
    done: Position
    site: str
    closed_ms: int
    whole_from_ms: int
    late: list[tuple[int, int]] = []
    last_ms: int | None = None


class RollUpStates:
    """Implements CursorStore[RollUpState] for one partition.

    What an hour comes to so far is too much to stand beside a commit. So a state is committed only where no hour is
    half made; whoever takes over reads what came since, an hour at most, again.
    """

    def __init__(self, commits: Commits, log: FollowedLog) -> None:
        self._commits = commits
        self._log = log
        self._own: RollUpState | None = None

    def load(self) -> RollUpState | None:
        if self._own is not None:
            return self._own
        found = self._commits.load(self._log.place)
        if found is None:
            return None
        position, text = found
        kept = _decoded(text, _KeptRollUps)
        if kept.last_ms is not None:
            self._log.begin_after(position, kept.last_ms)
        return RollUpState(position, kept.done, kept.site, kept.closed_ms, kept.whole_from_ms, kept.late)

    def save(self, cursor: RollUpState) -> None:
        self._own = cursor
        if any(cursor.hours.values()):
            return
        last_ms = self._log.taken_before(cursor.position)
        kept = _KeptRollUps(cursor.done, cursor.site, cursor.closed_ms, cursor.whole_from_ms, cursor.late, last_ms)
        text = _text(kept)
        if len(text) <= MOST_BYTES:
            self._commits.save(self._log.place, cursor.position, text)


class StateCursors:
    """Implements CursorStore[StateCursor]."""

    def __init__(self, commits: Commits, place: LogPlace) -> None:
        self._commits = commits
        self._place = place

    def load(self) -> StateCursor | None:
        found = self._commits.load(self._place)
        return None if found is None else _decoded(found[1], StateCursor)

    def save(self, cursor: StateCursor) -> None:
        self._commits.save(self._place, cursor.event, _text(cursor))


def _text(kept: msgspec.Struct) -> str:
    return msgspec.json.encode(kept).decode()


def _decoded(text: str, kind: Any) -> Any:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError as error:
        raise ValueError(f"what stands beside the commit is no cursor: {error}") from error
