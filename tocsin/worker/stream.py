"""Faust's part: which shards are this process's, and their records as they come.

Faust divides the partitions among all workers (consumer group `PREFIXworkers`) and consumes in a thread of its own, so
that heartbeats go on whatever is decided meanwhile. Its commits are only where it goes on; what is decided is what the
shards write (tocsin.worker.written).
"""

from collections.abc import Iterable
from typing import Any, Final, Protocol

import structlog

from tocsin.kafka.client import RECORD_BYTES, faust_options
from tocsin.kafka.topics import LogPlace, Topics
from tocsin.settings.kafka import KafkaSettings
from tocsin.worker.damaged import outlive_damage
from tocsin.worker.inbox import Record

_BUFFER: Final = 64
"""Records that wait within Faust; they may be of megabytes."""

_POLL_RECORDS: Final = 100


_log = structlog.get_logger(__name__)


class Holder(Protocol):
    """Who holds the shards. Called on the event loop; must not block."""

    def assigned(self, places: set[LogPlace]) -> None:
        """These are this process's from now on, and no others."""

    def deliver(self, place: LogPlace, record: Record) -> bool:
        """A record, in the order of its log; False where there is no room: then the place is paused."""


class Stream:
    """Runs from `start` to `stop`."""

    def __init__(self, settings: KafkaSettings, holder: Holder) -> None:
        self._topics = Topics.of(settings)
        self._holder = holder
        self._app = self._make(settings)

    async def start(self) -> None:
        """Join the other workers. Raises what Faust raises where Kafka can't be reached."""
        self._app.finalize()
        await self._app.start()

    async def stop(self) -> None:
        """Leave them: the others get the shards at once."""
        await self._app.stop()

    @property
    def failure(self) -> BaseException | None:
        """Why Faust has given up; None while it runs."""
        reason: BaseException | None = self._app.crash_reason
        return reason

    async def deliver_from(self, place: LogPlace, offset: int) -> None:
        """Deliver the place's records from this offset on, after it was paused or just assigned.

        In the middle of a rebalance that is in vain; the shard then finds the stream silent, and asks again.
        """
        tp = self._tp(place)
        try:
            consumer = self._app.consumer
            if tp in consumer.assignment():
                await consumer.seek(tp, offset)
                consumer.resume_partitions({tp})
        except Exception as error:
            _log.warning("stream_not_moved", topic=place.topic, partition=place.partition, error=repr(error))

    def _make(self, settings: KafkaSettings) -> Any:
        import faust

        session_s = settings.session_s
        app = faust.App(
            self._topics.group("workers"),
            **faust_options(settings),
            key_serializer="raw",
            value_serializer="raw",
            store="memory://",
            web_enabled=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
            reply_create_topic=False,
            broker_session_timeout=session_s,
            broker_heartbeat_interval=session_s / 6,
            # A member that does not come to a rebalance is waited for no longer than one that died.
            broker_rebalance_timeout=session_s,
            broker_request_timeout=max(30.0, session_s + 1),
            broker_max_poll_records=_POLL_RECORDS,
            broker_max_poll_interval=300.0,
            broker_commit_interval=2.8,
            consumer_auto_offset_reset="latest",
            consumer_max_fetch_size=RECORD_BYTES,
            stream_buffer_maxsize=_BUFFER,
            stream_wait_empty=False,
            stream_recovery_delay=0.0,
            # Faust's alarm about streams that stand still: shards look at their logs themselves.
            stream_processing_timeout=3600.0,
            broker_commit_livelock_soft_timeout=3600.0,
        )
        outlive_damage(app)
        logs = app.topic(
            self._topics.readings,
            self._topics.spanning,
            key_type=bytes,
            value_type=bytes,
            allow_empty=True,
            internal=False,
        )

        async def take(stream: Any) -> None:
            async for event in stream.events():
                self._take(event.message)

        app.agent(logs, name="shards")(take)
        app.on_partitions_assigned.connect(self._on_assigned, weak=False)  # type: ignore[arg-type]
        return app

    async def _on_assigned(self, _: object, assigned: Iterable[Any], **__: Any) -> None:
        self._holder.assigned({LogPlace(tp.topic, tp.partition) for tp in assigned})

    def _take(self, message: Any) -> None:
        place = LogPlace(message.topic, message.partition)
        record = Record(message.offset, round(message.timestamp * 1000), message.value)
        if not self._holder.deliver(place, record):
            self._app.consumer.pause_partitions({self._tp(place)})

    def _tp(self, place: LogPlace) -> Any:
        from faust.types import TP

        return TP(*place)
