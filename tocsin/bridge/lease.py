"""One lease: the connections that bring its topics, and what is written of them. In the event loop."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import structlog

from plant.entries import Readings
from tocsin.bridge.copies import lacking
from tocsin.bridge.filters import Unit, divide_filters
from tocsin.bridge.in_force import InForce
from tocsin.bridge.metrics import BridgeMetrics
from tocsin.bridge.producing import Producing
from tocsin.bridge.shard_writer import ShardWriter
from tocsin.bridge.tail import latest_readings
from tocsin.clock import Clock
from tocsin.kafka.errors import KafkaClientError
from tocsin.kafka.topics import Topics
from tocsin.runtime.intake import Intake
from tocsin.runtime.set_aside import SetAside
from tocsin.runtime.work import Work
from tocsin.settings import MqttSettings, Settings, TcpSettings
from tocsin.settings.kafka import KafkaSettings

WAITING_BYTES: Final = 128 << 20
"""Of all leases; a lease is no longer read from when its part of that waits for Kafka."""

FLUSH_S: Final = 5.0
_LOOK_S: Final = 0.01
_RETRY_S: Final = 1.0
_log = structlog.get_logger(__name__)


class Lease:
    """From `start` until `release` or `drop`."""

    def __init__(
        self,
        unit: Unit,
        settings: Settings,
        kafka: KafkaSettings,
        in_force: InForce,
        producing: Producing,
        set_aside: SetAside,
        clock: Clock,
        metrics: BridgeMetrics,
    ) -> None:
        self.unit = unit
        self.intakes: dict[str, Intake] = {}
        """By the name of the connection."""
        self._settings = settings
        self._kafka = kafka
        self._in_force = in_force
        self._set_aside = set_aside
        self._clock = clock
        self._metrics = metrics
        self._topics = Topics.of(kafka)
        self._is_rest = unit == self._topics.second_stage
        self.writer = ShardWriter(unit, self._topics, in_force.division, producing, clock, metrics)
        self._latest: list[Readings] = []
        self._lacking: list[Readings] = []
        self._is_open = False
        self._starting: asyncio.Task[None] | None = None
        self._beside: set[asyncio.Task[None]] = set()

    @property
    def is_open(self) -> bool:
        """Whether it listens, or tries to."""
        return self._is_open

    @property
    def name(self) -> str:
        return "rest" if self._is_rest else str(self.unit)

    def start(self) -> None:
        """Begin; returns at once. What the log says of the latest readings is read first."""
        self._starting = asyncio.create_task(self._start(), name=f"lease {self.name}")

    def use(self, in_force: InForce) -> None:
        """Another version: from one entry on for readings, rules and topics alike. Nothing is awaited here."""
        self._in_force = in_force
        if self._is_open:
            for intake in self.intakes.values():
                intake.use_lookup(in_force.lookup)
            self._switch()

    async def release(self) -> bool:
        """Take no more, wait until what was taken is Kafka's, acknowledge it, disconnect; whether all was done."""
        self._is_open = False
        await self._cancel_start()
        for intake in self.intakes.values():
            intake.halt()
        for _ in range(round(FLUSH_S / _LOOK_S)):
            if not self.writer.is_busy:
                break
            await asyncio.sleep(_LOOK_S)
        drained = not self.writer.is_busy
        await asyncio.sleep(0)  # the last acknowledgements were put into the loop meanwhile
        self.writer.drop()
        await self._close()
        return drained

    async def drop(self) -> None:
        """Stop at once: nothing more is written or acknowledged."""
        self._is_open = False
        self.writer.drop()
        await self._cancel_start()
        await self._close()

    def tick(self) -> None:
        if self._is_open:
            self.writer.tick()

    async def _start(self) -> None:
        while True:
            try:
                self._latest, self._lacking = await asyncio.to_thread(self._tail)
                break
            except KafkaClientError as error:
                _log.warning("tail_not_read", lease=self.name, error=str(error))
                await asyncio.sleep(_RETRY_S)
        # From here to the end nothing is awaited: no other version can come between.
        self._is_open = True
        self._switch()
        if self._lacking:
            _log.warning("copies_were_lacking", lease=self.name, batches=len(self._lacking))
        for entry in self._lacking:
            self.writer.copy(replace(entry, received_at_ms=self._clock.now_ms()))
        self._latest, self._lacking = [], []

    def _tail(self) -> tuple[list[Readings], list[Readings]]:
        """If an earlier holder was cut off: what brokers may deliver again, and what the second stage has not got."""
        ways, topics, division = self._ways_in(self._in_force), self._topics, self._in_force.division
        if not any(isinstance(way, MqttSettings) for way in ways):
            return [], []
        shards = range(topics.partitions) if self._is_rest else [self.unit]
        latest = latest_readings(self._kafka, [topics.log_of(shard) for shard in shards])
        if not division.spanning_rules:
            return latest, []
        names = {way.label for way in ways}
        copies = latest_readings(self._kafka, [topics.log_of(topics.second_stage)])
        own = [entry for entry in latest if entry.source in names]
        return latest, lacking(own, copies, division, None if self._is_rest else str(self.unit))

    def _switch(self) -> None:
        """Write which version is in force, and listen to its topics."""
        in_force = self._in_force
        self.writer.use(in_force.division)
        self.writer.submit(Work(in_force.entry(self._clock.now_ms())))
        wanted = {way.label: way for way in self._ways_in(in_force)}
        for name, way in wanted.items():
            intake = self.intakes.get(name)
            if intake is None:
                self.intakes[name] = made = self._intake(way, in_force)
                self._do(made.start())
            elif isinstance(way, MqttSettings):
                intake.subscribe(way.subscribe)
        for name in self.intakes.keys() - wanted.keys():
            gone = self.intakes.pop(name)
            gone.halt()
            self._do(gone.close())

    def _ways_in(self, in_force: InForce) -> Sequence[MqttSettings | TcpSettings]:
        """The connections of this lease, each with its own topics and name."""
        division, settings = in_force.division, self._settings
        ways: list[MqttSettings | TcpSettings] = []
        for broker in settings.mqtt:
            divided = divide_filters(
                broker, settings.wire, division.site.enterprises, division.shard_of, division.second_stage
            )
            if filters := divided.get(self.unit):
                # Of the rest something may be in any shard, beside what the shard's own connection brings.
                label = f"{broker.label}/rest" if self._is_rest else broker.label
                own = {"name": label, "subscribe": filters, "client_id": f"{broker.client_id}-{self.name}"}
                ways.append(broker.model_copy(update=own))
        return [*ways, *settings.tcp] if self._is_rest else ways

    def _intake(self, way: MqttSettings | TcpSettings, in_force: InForce) -> Intake:
        batch = self._settings.batch.model_copy(update={"max_age_ms": self._kafka.linger_ms})
        return Intake(
            way,
            batch,
            in_force.lookup,
            self._set_aside.quarantine,
            self.writer,
            self._clock,
            self._metrics,
            WAITING_BYTES // (self._topics.partitions + 1),
            self._latest,
            self._set_aside.unknown,
        )

    def _do(self, what: object) -> None:
        task = asyncio.ensure_future(what)  # type: ignore[call-overload]
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def _cancel_start(self) -> None:
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, *self._beside, return_exceptions=True)

    async def _close(self) -> None:
        await asyncio.gather(*(intake.close() for intake in self.intakes.values()))
        self.intakes.clear()


def sources_of(leases: Iterable[Lease]) -> Mapping[str, Intake]:
    """Every connection, by SOURCE/LEASE."""
    return {
        name if lease.name == "rest" else f"{name}/{lease.name}": intake
        for lease in leases
        for name, intake in list(lease.intakes.items())
    }
