"""Which lease units are ours: Kafka's own consumer group over the topic `leases` decides, and moves them one by one."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from tocsin.bridge.filters import Unit
from tocsin.clock import Clock
from tocsin.kafka.client import member
from tocsin.kafka.topics import Topics
from tocsin.settings.kafka import KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka import Consumer, TopicPartition

GROUP: Final = "bridges"
RELEASE_S: Final = 10.0
"""A release that takes longer is given up: what was not acknowledged comes again to whoever is next."""

_POLL_S: Final = 0.2
_log = structlog.get_logger(__name__)


class Holder(Protocol):
    """Who works on the units; called in the event loop."""

    async def take(self, units: Sequence[Unit]) -> None:
        """They are ours from now on. Returns at once."""

    async def release(self, units: Sequence[Unit]) -> None:
        """They are to go to another bridge: returns when nothing of ours is under way."""

    async def drop(self, units: Sequence[Unit]) -> None:
        """We were taken for dead: others have them already."""


class Leasing:
    """A thread that is a member of the group; it asks the loop for what is to be done."""

    def __init__(
        self, settings: KafkaSettings, holder: Holder, clock: Clock, on_trouble: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._holder = holder
        self._clock = clock
        self._on_trouble = on_trouble
        self._loop = asyncio.get_running_loop()
        self._held: set[Unit] = set()
        self._seen_s = clock.monotonic_s()
        self._is_handing_over = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leasing", daemon=True)

    @property
    def held(self) -> frozenset[Unit]:
        """As of now; for display."""
        return frozenset(self._held)

    def is_sure(self) -> bool:
        """Whether our leases are ours beyond doubt. From any thread.

        This process may have been stopped for a while (a paused machine), taken for dead, and go on without knowing.
        So after a pause nothing is written until Kafka has confirmed that we are still a member.
        """
        return self._is_handing_over or self._clock.monotonic_s() - self._seen_s < self._settings.session_s / 2

    def start(self) -> None:
        self._thread.start()

    async def stop(self) -> None:
        """Release all leases and leave the group: others take over at once."""
        self._stopping.set()
        await asyncio.to_thread(self._thread.join, RELEASE_S + 10)

    def _run(self) -> None:
        from confluent_kafka import KafkaException

        topics = Topics.of(self._settings)
        consumer = member(self._settings, GROUP)
        try:
            consumer.subscribe([topics.leases], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost)
            while not self._stopping.is_set():
                consumer.poll(_POLL_S)
                self._look(consumer)
        except KafkaException as error:
            _log.exception("leasing_broken")
            self._on_trouble(str(error))
        finally:
            consumer.close()

    def _look(self, consumer: "Consumer") -> None:
        """Note that this process runs; after a pause only once Kafka says that we are a member still."""
        if self.is_sure() or not self._held or self._is_member(consumer):
            self._seen_s = self._clock.monotonic_s()

    def _is_member(self, consumer: "Consumer") -> bool:
        from confluent_kafka import KafkaException, TopicPartition

        leases = Topics.of(self._settings).leases
        try:
            # Kafka takes commits of members alone.
            consumer.commit(offsets=[TopicPartition(leases, unit, 0) for unit in self._held], asynchronous=False)
        except KafkaException as error:
            _log.warning("lease_in_doubt", error=error.args[0].name())
            return False
        return True

    def _assigned(self, _consumer: "Consumer", partitions: "list[TopicPartition]") -> None:
        if units := self._units(partitions):
            self._held.update(units)
            self._seen_s = self._clock.monotonic_s()
            self._ask(self._holder.take(units), 5.0)

    def _revoked(self, _consumer: "Consumer", partitions: "list[TopicPartition]") -> None:
        if units := self._units(partitions):
            self._is_handing_over = True
            try:
                self._ask(self._holder.release(units), RELEASE_S)
            finally:
                self._seen_s = self._clock.monotonic_s()
                self._is_handing_over = False
                self._held.difference_update(units)

    def _lost(self, _consumer: "Consumer", partitions: "list[TopicPartition]") -> None:
        if units := self._units(partitions):
            self._ask(self._holder.drop(units), 5.0)
            self._held.difference_update(units)

    @staticmethod
    def _units(partitions: "list[TopicPartition]") -> list[Unit]:
        return sorted(partition.partition for partition in partitions)

    def _ask(self, what: Coroutine[Any, Any, None], within_s: float) -> None:
        asked: Future[None] = asyncio.run_coroutine_threadsafe(what, self._loop)
        try:
            asked.result(within_s)
        except TimeoutError:
            asked.cancel()
            _log.error("lease_change_not_done", within_s=within_s)
        except Exception as error:
            _log.exception("lease_change_failed")
            self._on_trouble(f"{type(error).__name__}: {error}")
