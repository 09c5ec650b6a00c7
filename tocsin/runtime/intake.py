"""One way in: source -> gate -> batches that are acknowledged once they are durable. In the event loop."""

import asyncio
from collections.abc import Callable, Iterable, Sequence

import structlog

from ingest.batcher import Batcher, BatchLimits
from ingest.gate import Gate, GateLimits
from ingest.lookup import PointLookup
from ingest.quarantine import Quarantine
from ingest.recent import RecentReadings
from ingest.redelivery import Redelivery
from ingest.source import Receipt, Source
from ingest.unknown import UnknownDevices
from plant.entries import DeviceDown, Readings, SourceDown, SourceUp
from tocsin.clock import Clock
from tocsin.observe.metrics import Metrics
from tocsin.runtime.work import EntryWriter, Work
from tocsin.settings import BatchSettings, MqttSettings, TcpSettings

_READING_BYTES = 64
"""Roughly what a reading takes until it is decided."""

_log = structlog.get_logger(__name__)


class Intake:
    """A source with its gate. All methods are for the event loop's thread."""

    def __init__(
        self,
        settings: MqttSettings | TcpSettings,
        batch: BatchSettings,
        lookup: PointLookup,
        quarantine: Quarantine,
        writer: EntryWriter,
        clock: Clock,
        metrics: Metrics,
        limit_bytes: int,
        latest: Iterable[Readings],
        unknown: UnknownDevices | None = None,
    ) -> None:
        """`latest` are the log's last batches, of any source: what the broker may deliver again."""
        self.name = settings.label
        self.connected = False
        self.reason = "not connected yet"
        self._writer = writer
        self._clock = clock
        self._messages = metrics.messages.labels(self.name)
        self._answers = metrics.answers.labels(self.name)
        self._down = metrics.down.labels(self.name)
        limits = BatchLimits(batch.max_age_ms, batch.max_readings, batch.max_bytes)
        self._batcher = Batcher(limits)
        redelivery, recent = Redelivery(), RecentReadings()
        for entry in latest:
            if entry.source == self.name:
                redelivery.passed(len(entry.redelivery_keys))
                redelivery.remember(entry.redelivery_keys)
                recent.note(entry.batch)
        self.gate = Gate(
            lookup,
            self._batcher,
            quarantine,
            redelivery,
            GateLimits(batch.max_payload_bytes),
            recent,
            on_down=self._on_down,
            unknown=unknown,
        )
        self._max_age_s = batch.max_age_ms / 1000
        self._limit_bytes = limit_bytes
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._unacknowledged: dict[int, tuple[int, int]] = {}
        """By batch: (when its oldest message came, how many messages)."""
        self._batches = 0
        self._paused = False
        self._source: Source = settings.connect(self._on_message, self._on_state)

    async def start(self) -> None:
        await self._source.start()

    def use_lookup(self, lookup: PointLookup) -> None:
        """Messages from now on are read by another site; those before it are handed over as they were read."""
        self._flush()
        self.gate.replace_lookup(lookup)

    def subscribe(self, filters: Sequence[str]) -> None:
        """Other topics from now on; a listener has none."""
        self._source.subscribe(filters)

    def halt(self) -> None:
        """Take no more, and hand over what is there."""
        self._source.pause()
        self._flush()

    async def close(self) -> None:
        """Send the acknowledgements of what has become durable, and disconnect."""
        await self._source.stop()

    @property
    def oldest_unacknowledged_ms(self) -> int | None:
        """When the oldest message came that is not acknowledged yet."""
        waiting = [came_ms for came_ms, _ in self._unacknowledged.values()]
        opened = self._batcher.opened_at_ms
        return min([*waiting, *([] if opened is None else [opened])], default=None)

    @property
    def unacknowledged(self) -> int:
        """Messages taken in and not acknowledged yet."""
        return sum(count for _, count in self._unacknowledged.values()) + self._batcher.pending_messages

    def _on_message(
        self, topic: str, payload: bytes, retained: bool, redelivered: bool, packet_id: int, receipt: Receipt
    ) -> None:
        self.gate.on_message(self.name, topic, payload, retained, redelivered, packet_id, receipt, self._clock.now_ms())
        if self._timer is None:
            self._timer = self._loop.call_later(self._max_age_s, self._flush)
        elif self._batcher.is_full():
            self._flush()

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now_ms = self._clock.now_ms()
        opened_ms = self._batcher.opened_at_ms
        if opened_ms is None:
            return
        taken = self._batcher.take()
        self._messages.inc(taken.messages)
        number = self._batches = self._batches + 1
        self._unacknowledged[number] = (opened_ms, taken.messages)
        entry = Readings(now_ms, taken.batch, self.name, taken.redelivery_keys)
        receipts, answers = taken.receipts, self.gate.take_answers()
        self.gate.recent.note(taken.batch)
        self.gate.redelivery.passed(taken.messages)
        self._writer.submit(
            Work(
                entry,
                size=len(taken.batch) * _READING_BYTES + 256,
                durable=lambda: self._in_loop(lambda: self._acknowledge(number, receipts, answers)),
                decided=self._resume_if_paused,
            )
        )
        if self._writer.waiting_bytes > self._limit_bytes and not self._paused:
            self._paused = True
            self._source.pause()

    def _acknowledge(self, number: int, receipts: tuple[Receipt, ...], answers: Sequence[tuple[str, bytes]]) -> None:
        del self._unacknowledged[number]
        self._source.acknowledge(receipts)
        for topic, payload in answers:
            if self._source.publish(topic, payload):
                self._answers.inc()

    def _on_down(self, points: list[int], now_ms: int) -> None:
        """A device is said to be dead. What came before stands before it in the log."""
        self._flush()
        self._down.inc(len(points))
        self._writer.submit(Work(DeviceDown(now_ms, tuple(points), self.name)))

    def _resume_if_paused(self, position: int) -> None:
        """On one of the writer's threads."""
        if self._paused and self._writer.waiting_bytes < self._limit_bytes // 2:
            self._in_loop(self._resume)

    def _resume(self) -> None:
        if self._paused:
            self._paused = False
            self._source.resume()

    def _in_loop(self, call: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)

    def _on_state(self, connected: bool, reason: str) -> None:
        if connected != self.connected:
            # What came before the change stands before it in the log.
            self._flush()
            now_ms = self._clock.now_ms()
            self._writer.submit(
                Work(SourceUp(now_ms, self.name) if connected else SourceDown(now_ms, self.name, reason))
            )
        if connected != self.connected or reason != self.reason:
            _log.info("source_up" if connected else "source_down", source=self.name, reason=reason)
        self.connected, self.reason = connected, reason
