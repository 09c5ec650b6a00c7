"""Records into Kafka, each confirmed by all replicas in sync, in the order in which they were put.

One producer for all leases of a process, and one thread that hears what has become of records.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog

from tocsin.kafka.client import clear, producer
from tocsin.kafka.topics import LogPlace, Topics
from tocsin.settings.kafka import KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message, Producer

_POLL_S: Final = 0.05
_ANSWER_S: Final = 3.0
_log = structlog.get_logger(__name__)


class Record(NamedTuple):
    """`confirmed` hears of its offset, and how many seconds that took, on the producing thread."""

    place: LogPlace
    value: bytes
    at_ms: int
    confirmed: Callable[[int, float], None]
    wanted: Callable[[], bool]
    """Whether it is still to be written: not where its lease was lost meanwhile."""


class Producing:
    """`put` from any thread, at any time; while Kafka is away, or we may not be sure of our leases, records wait."""

    def __init__(self, settings: KafkaSettings, is_sure: Callable[[], bool], on_trouble: Callable[[str], None]) -> None:
        """`is_sure` tells whether our leases are ours beyond doubt. `on_trouble` hears, on the producing thread, why
        nothing can be written any more; the process must end.
        """
        self.errors: dict[str, int] = {}
        """By Kafka's name of the error; read only."""
        self._settings = settings
        self._is_sure = is_sure
        self._on_trouble = on_trouble
        self._lock = threading.Lock()
        self._waiting: deque[Record] = deque()
        self._stopping = threading.Event()
        self._producer = self._make()
        self._thread = threading.Thread(target=self._run, name="producing", daemon=True)

    @property
    def waiting(self) -> int:
        """Records that are not handed to the producer yet."""
        return len(self._waiting)

    def start(self) -> None:
        self._thread.start()

    def put(self, record: Record) -> None:
        with self._lock:
            if self._waiting or not self._is_sure() or not self._hand_over(record):
                self._waiting.append(record)

    def unreachable(self) -> str:
        """Why Kafka can't be reached now; "" where it can. Waits for an answer, for some seconds at most."""
        from confluent_kafka import KafkaException

        try:
            self._producer.list_topics(Topics.of(self._settings).leases, timeout=_ANSWER_S)
        except KafkaException as error:
            return str(clear(self._settings, error))
        return ""

    def abandon(self) -> None:
        """Forget every record: our leases are lost, and others write already."""
        with self._lock:
            self._waiting.clear()
            lost, self._producer = self._producer, self._make()
        lost.purge(in_queue=True, in_flight=True, blocking=False)
        lost.poll(0)

    def stop(self) -> None:
        """Hear no more. What is not confirmed by now may be written or not; it comes again from the broker."""
        self._stopping.set()
        self._thread.join(5)
        self._producer.purge(in_queue=True, in_flight=True, blocking=False)
        self._producer.poll(0)

    def _make(self) -> "Producer":
        return producer(self._settings, more={"error_cb": self._heard})

    def _hand_over(self, record: Record) -> bool:
        from confluent_kafka import KafkaException

        def delivered(error: "KafkaError | None", message: "Message") -> None:
            if error is None:
                record.confirmed(int(message.offset() or 0), message.latency() or 0.0)
            elif record.wanted() and not self._stopping.is_set():
                self._count(error)
                self._on_trouble(str(clear(self._settings, error)))

        if not record.wanted():
            return True
        topic, partition = record.place
        try:
            self._producer.produce(
                topic, record.value, partition=partition, timestamp=record.at_ms, on_delivery=delivered
            )
        except BufferError:
            return False
        except KafkaException as error:
            self._count(error.args[0])
            self._on_trouble(str(clear(self._settings, error)))
            return False
        return True

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._producer.poll(_POLL_S)
                with self._lock:
                    while self._waiting and self._is_sure() and self._hand_over(self._waiting[0]):
                        self._waiting.popleft()
        except Exception as error:
            _log.exception("producing_broken")
            self._on_trouble(f"{type(error).__name__}: {error}")

    def _heard(self, error: "KafkaError") -> None:
        self._count(error)
        if error.fatal():
            self._on_trouble(str(clear(self._settings, error)))

    def _count(self, error: "KafkaError") -> None:
        name = error.name()
        self.errors[name] = self.errors.get(name, 0) + 1
        _log.warning("kafka", error=name, text=error.str(), fatal=error.fatal())
