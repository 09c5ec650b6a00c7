"""What people ask for, in cluster mode: written to the log of their alarm's shard, answered once the book has it.

An act on an alarm goes to the shard of the alarm's enterprise; one without an alarm, or on an alarm of no enterprise,
to the second stage. The worker of the shard hands it on to the alarm book, which takes or refuses it.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import structlog

from plant.entries import Act, DisposalAction, OperatorAction, Position
from tocsin.answers.desk import EXERCISE_MARK
from tocsin.book import BookReader
from tocsin.book.schema import BookPlace, open_reader
from tocsin.clock import Clock
from tocsin.configuration import Configured
from tocsin.database import TRY_AGAIN, Database
from tocsin.kafka.client import admin, clear, producer
from tocsin.kafka.division import partition_of
from tocsin.kafka.errors import KafkaAwayError
from tocsin.kafka.records import encode
from tocsin.kafka.topics import LogPlace, Shard, Topics
from tocsin.notifier.kept import answer
from tocsin.runtime.acting import ActRequest, entry_of
from tocsin.settings.kafka import KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

ANSWER_S: Final = 15.0
"""How long an answer is waited for."""
MOST_AHEAD_MS: Final = 5_000
"""A shard's log is written each second. An act whose time is further ahead than this comes of a clock that is wrong, or
of a time without bridge: it is taken at this much after the log's end, so that it can't make devices look silent."""

_WRITTEN_S: Final = 10.0
_LOOK_S: Final = 0.05
_AGAIN_S: Final = 1.0

_log = structlog.get_logger(__name__)


class Written(NamedTuple):
    """Where an act stands."""

    shard: Shard
    offset: Position


class NotAnsweredError(TimeoutError):
    """The act is in the log, and will be taken or refused; the book does not have it yet."""


class ClusterActs:
    """Thread-safe; one for a process. Connects with the first act."""

    def __init__(self, settings: KafkaSettings, book: BookPlace, configured: Callable[[], Configured], clock: Clock):
        """`configured` gives what is in force, which tells for whom somebody answers."""
        self._settings = settings
        self._topics = Topics.of(settings)
        self._book = book
        self._configured = configured
        self._clock = clock
        self._lock = threading.Lock()
        self._producer: Any = None
        self._admin: AdminClient | None = None
        self._posts: queue.SimpleQueue[Act | None] = queue.SimpleQueue()
        self._posting: threading.Thread | None = None
        self._closing = threading.Event()

    def act(self, request: ActRequest, timeout_s: float = ANSWER_S) -> str | None:
        """Write it, and wait for what came of it: why it was refused, None where it was taken.

        NotAnsweredError where it is in the log, but the book has not got there in time; KafkaClientError where it is
        not in the log (or, after KafkaAwayError, may be); BookError; ValueError for an end out of time.
        """
        entry = entry_of(request, self._clock.now_ms(), self._configured())
        if isinstance(entry, OperatorAction) and entry.alarm.startswith(EXERCISE_MARK):
            return "no exercises are held"
        return self.wait(self.write(entry), timeout_s)

    def write(self, act: Act) -> Written:
        """Into the log; when it returns, all replicas in sync have it. KafkaClientError."""
        shard = self.shard_of(act)
        place = self._topics.log_of(shard)
        done = threading.Event()
        came: list[tuple[Any, Any]] = []

        def delivered(error: Any, message: Any) -> None:
            came.append((error, message))
            done.set()

        kafka = self._open()
        bounded = self._bounded(act, place)
        kafka.produce(
            place.topic,
            encode(bounded),
            partition=place.partition,
            timestamp=bounded.received_at_ms,
            on_delivery=delivered,
        )
        deadline_s = self._clock.monotonic_s() + _WRITTEN_S + 1
        while not done.is_set() and self._clock.monotonic_s() < deadline_s:
            kafka.poll(_LOOK_S)
        if not came:
            raise KafkaAwayError("Kafka has not said whether it was written; it may be, look before you repeat it")
        error, message = came[0]
        if error is not None:
            raise clear(self._settings, error)
        return Written(shard, int(message.offset()))

    def wait(self, written: Written, timeout_s: float = ANSWER_S) -> str | None:
        """What the book said to an act: why it was refused, or None. NotAnsweredError, BookError; a database that goes
        away meanwhile is waited for.
        """
        deadline_s = self._clock.monotonic_s() + timeout_s
        nap = threading.Event()
        db = open_reader(self._book)
        try:
            while (found := _answer(db, written)) is None:
                if self._clock.monotonic_s() >= deadline_s:
                    place = self._topics.log_of(written.shard)
                    raise NotAnsweredError(
                        f"not answered yet: it stands in the log ({place.topic} [{place.partition}] at"
                        f" {written.offset}) and counts once the workers and the notifier have come to it"
                    )
                nap.wait(_LOOK_S)
            return found[1]
        finally:
            db.close()

    def post(self, act: Act) -> None:
        """Put into the log what no person asked for; does not block. Tried again until Kafka has it."""
        with self._lock:
            if self._posting is None:
                self._posting = threading.Thread(target=self._keep_posting, name="posting", daemon=True)
                self._posting.start()
        self._posts.put(act)

    def shard_of(self, act: Act) -> Shard:
        """Where an act belongs. BookError."""
        if not isinstance(act, OperatorAction | DisposalAction):
            return self._topics.second_stage
        reader = BookReader.open_for_reading(self._book)
        try:
            record = reader.alarm(act.alarm)
        finally:
            reader.close()
        if record is None or not record.enterprise:
            return self._topics.second_stage
        return partition_of(record.enterprise, self._topics.partitions)

    def close(self, timeout_s: float = 2.0) -> None:
        """End; what was posted and is not in the log within this time is lost."""
        if self._posting is not None:
            self._posts.put(None)
            self._posting.join(timeout_s)
            self._closing.set()
        if self._producer is not None:
            self._producer.flush(timeout_s)

    def _keep_posting(self) -> None:
        while (act := self._posts.get()) is not None:
            while not self._closing.is_set():
                try:
                    self.write(act)
                    break
                except Exception as error:  # whatever it was, the alarm book is to hear of it in the end
                    _log.error("act_not_written", act=type(act).__name__, error=f"{type(error).__name__}: {error}")
                    self._closing.wait(_AGAIN_S)

    def _bounded(self, act: Act, place: LogPlace) -> Act:
        """The act at a time that the shard's clock may take."""
        from confluent_kafka import KafkaException, TopicPartition
        from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]

        assert self._admin is not None  # noqa: S101 - opened before
        asked = {TopicPartition(*place): OffsetSpec.max_timestamp()}  # type: ignore[no-untyped-call]
        try:
            [future] = self._admin.list_offsets(asked).values()
            last_ms = future.result(_WRITTEN_S).timestamp
        except KafkaException as error:
            raise clear(self._settings, error) from None
        except TimeoutError:
            raise KafkaAwayError(f"Kafka at {', '.join(self._settings.bootstrap)} does not answer") from None
        most_ms = last_ms + MOST_AHEAD_MS
        if last_ms < 0 or act.received_at_ms <= most_ms:
            return act
        _log.warning("act_ahead_of_its_log", topic=place.topic, partition=place.partition, log_ms=last_ms)
        return replace(act, received_at_ms=most_ms)

    def _open(self) -> Any:
        with self._lock:
            if self._producer is None:
                self._admin = admin(self._settings)
                options = {"message.timeout.ms": round(_WRITTEN_S * 1000), "linger.ms": 0}
                self._producer = producer(self._settings, more=options)
            return self._producer


def _answer(db: Database, written: Written) -> tuple[Position, str | None] | None:
    try:
        return answer(db, *written)
    except TRY_AGAIN:
        return None
