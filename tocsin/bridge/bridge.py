"""The process that `tocsin bridge` runs: brokers in, Kafka out; the composition root."""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import structlog

from tocsin.bridge.filters import Unit
from tocsin.bridge.in_force import InForce, prepare
from tocsin.bridge.lease import Lease, sources_of
from tocsin.bridge.leasing import Leasing
from tocsin.bridge.metrics import BridgeMetrics
from tocsin.bridge.producing import Producing
from tocsin.bridge.vitals import BridgeVitals
from tocsin.clock import Clock
from tocsin.configuration import read_configuration
from tocsin.kafka.admin import check_partitions
from tocsin.kafka.errors import FencedError, KafkaClientError
from tocsin.kafka.topics import Topics
from tocsin.kafka.versions import Versions, put_version
from tocsin.observe.http_server import ObserveServer, listen_address
from tocsin.runtime.collector import spare_collector
from tocsin.runtime.intake import Intake
from tocsin.runtime.set_aside import SetAside
from tocsin.runtime.work import SWITCH_S
from tocsin.settings import Settings
from tocsin.settings.kafka import KafkaSettings

_ASK_S: Final = 2.0
_HOUSEKEEPING_S: Final = 5.0
_RETRY_S: Final = 1.0
_REFRESH_S: Final = 0.5
_TICKING_S: Final = 0.05

_log = structlog.get_logger(__name__)


class Bridge:
    """`run` returns when it was stopped; the exit code tells how. Implements tocsin.bridge.leasing.Holder."""

    def __init__(self, settings: Settings, kafka: KafkaSettings, clock: Clock) -> None:
        self.settings = settings
        self.metrics = BridgeMetrics()
        self.trouble = ""
        """Why nothing can be written any more; the process must end."""
        self.waits_for = "not asked yet"
        """What of Kafka keeps it from working now."""
        self._kafka = kafka
        self._clock = clock
        self._topics = Topics.of(kafka)
        self._routes = [*settings.tcp_routes(), *settings.routes()]
        self._set_aside = SetAside(settings.data, clock)
        self._leases: dict[Unit, Lease] = {}
        self._in_force: InForce | None = None
        self._leasing: Leasing | None = None
        self._producing: Producing | None = None
        self._is_drained = True
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._vitals = BridgeVitals(self, self._set_aside, clock, self.metrics)

    def stop(self) -> None:
        """End `run`. From the event loop's thread."""
        self._stop.set()

    @property
    def units(self) -> Sequence[Unit]:
        """Lease units held now."""
        return sorted(self._leases)

    @property
    def are_open(self) -> bool:
        """Whether all leases listen, or try to."""
        return all(lease.is_open for lease in list(self._leases.values()))

    @property
    def waiting_bytes(self) -> int:
        return sum(lease.writer.waiting_bytes for lease in list(self._leases.values()))

    @property
    def kafka_errors(self) -> Mapping[str, int]:
        """By Kafka's name of the error."""
        return {} if self._producing is None else self._producing.errors

    def sources(self) -> Mapping[str, Intake]:
        """Every connection, by SOURCE/LEASE."""
        return sources_of(list(self._leases.values()))

    async def run(self, ready: Callable[["Bridge"], None] | None = None) -> int:
        """Serve until `stop`, drain, close. Returns 0, or 1 where something was left undone.

        KafkaTopicError, KafkaRefusedError: as it is, this can't begin; while Kafka is away it waits.
        """
        self.settings.data.mkdir(parents=True, exist_ok=True)
        self._set_aside.restore()
        self.http = ObserveServer(listen_address(self.settings.http.listen), self._vitals.health, self.metrics.render)
        self.http.start()
        stopped = asyncio.create_task(self._stop.wait())
        beginning = asyncio.create_task(self._begin(), name="beginning")
        try:
            await asyncio.wait({stopped, beginning}, return_when=asyncio.FIRST_COMPLETED)
            if not beginning.done():
                beginning.cancel()
                return 0
            versions = beginning.result()
            if ready is not None:
                ready(self)
            await self._serve(versions, stopped)
            return 0 if self._is_drained and not self.trouble else 1
        finally:
            self._set_aside.save()
            self.http.stop()
            _log.info("stopped")

    # Holder

    async def take(self, units: Sequence[Unit]) -> None:
        assert self._in_force is not None  # noqa: S101 - made before any lease
        assert self._producing is not None  # noqa: S101
        for unit in units:
            lease = self._leases[unit] = Lease(
                unit,
                self.settings,
                self._kafka,
                self._in_force,
                self._producing,
                self._set_aside,
                self._clock,
                self.metrics,
            )
            lease.start()
        self._changed("taken", units)

    async def release(self, units: Sequence[Unit]) -> None:
        leases = [self._leases[unit] for unit in units if unit in self._leases]
        drained = await asyncio.gather(*(lease.release() for lease in leases))
        self._is_drained = self._is_drained and all(drained)
        self._forget("released", units)
        if not all(drained):
            _log.error("not_drained", reason="what was not written comes again from the broker")

    async def drop(self, units: Sequence[Unit]) -> None:
        leases = [self._leases[unit] for unit in units if unit in self._leases]
        closing = [asyncio.ensure_future(lease.drop()) for lease in leases]
        await asyncio.sleep(0)
        if self._producing is not None and len(leases) == len(self._leases):
            await asyncio.to_thread(self._producing.abandon)
        await asyncio.gather(*closing)
        self._forget("lost", units)

    def _forget(self, change: str, units: Sequence[Unit]) -> None:
        for unit in units:
            self._leases.pop(unit, None)
        self._changed(change, units)

    def _changed(self, change: str, units: Sequence[Unit]) -> None:
        self.metrics.lease_changes.labels(change).inc(len(units))
        _log.info(f"leases_{change}", units=list(units), held=self.units)

    # Beginning and end

    async def _begin(self) -> Versions:
        """Wait for Kafka, and for a version to be in force."""
        while True:
            try:
                versions = await asyncio.to_thread(self._open)
                break
            except KafkaClientError as error:
                if not error.retry:
                    raise
                if str(error) != self.waits_for:
                    _log.warning("waiting_for_kafka", error=str(error))
                self.waits_for = str(error)
                await asyncio.sleep(_RETRY_S)
        self.waits_for = ""
        return versions

    def _open(self) -> Versions:
        check_partitions(self._kafka)
        versions = Versions.open(self._kafka)
        head = versions.latest
        if head is None:
            versions.close()
            self._put_first()
            return self._open()
        self._in_force = prepare(versions, head, self._routes, self._kafka.partitions)
        return versions

    def _put_first(self) -> None:
        configured = read_configuration(self.settings.site)
        at_ms = self._clock.now_ms()
        try:
            head = put_version(
                self._kafka, configured, kind="site", who="", why="the first version", at_ms=at_ms, instead_of=0
            )
        except (FencedError, ValueError) as error:
            _log.info("first_version_by_another", reason=str(error))
        else:
            _log.info("first_version_put", site=str(self.settings.site), version=head.number, digest=head.digest[:12])

    async def _serve(self, versions: Versions, stopped: "asyncio.Task[bool]") -> None:
        self._leasing = leasing = Leasing(self._kafka, self, self._clock, self._in_trouble)
        self._producing = producing = Producing(self._kafka, leasing.is_sure, self._in_trouble)
        sys.setswitchinterval(SWITCH_S)
        spare_collector()
        producing.start()
        leasing.start()
        tasks = [
            asyncio.create_task(work, name=name)
            for name, work in (
                ("ticking", self._tick()),
                ("versions", self._follow(versions)),
                ("housekeeping", self._keep_house()),
                ("asking", self._ask_kafka(producing)),
            )
        ]
        await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
        _log.info("stopping")
        for task in tasks:
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                self._in_trouble(f"{task.get_name()}: {error}")
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await leasing.stop()
        await asyncio.to_thread(producing.stop)
        await asyncio.to_thread(versions.close)

    def _in_trouble(self, why: str) -> None:
        """From any thread: end, since nothing can be written; whoever supervises us starts us again."""
        if not self.trouble:
            self.trouble = why
            _log.error("bridge_broken", error=why)
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._stop.set)

    async def _tick(self) -> None:
        while True:
            for lease in list(self._leases.values()):
                lease.tick()
            await asyncio.sleep(_TICKING_S)

    async def _ask_kafka(self, producing: Producing) -> None:
        """Without Kafka all leases are lost sooner or later, and nothing else tells why."""
        while True:
            self.waits_for = await asyncio.to_thread(producing.unreachable)
            await asyncio.sleep(_ASK_S)

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(_HOUSEKEEPING_S)
            self._set_aside.save()

    async def _follow(self, versions: Versions) -> None:
        """Put every new version into force. One that can't be read leaves the last one in force."""
        while True:
            try:
                new = await asyncio.to_thread(versions.refresh, _REFRESH_S)
                if not new:
                    continue
                head = new[-1]
                in_force = await asyncio.to_thread(prepare, versions, head, self._routes, self._kafka.partitions)
            except (KafkaClientError, ValueError, LookupError) as error:
                _log.error("version_not_in_force", error=str(error))
                await asyncio.sleep(_RETRY_S)
                continue
            before, self._in_force = self._in_force, in_force
            for lease in list(self._leases.values()):
                lease.use(in_force)
            if before is not None:
                before.lookup.forget()
            _log.info("configuration_in_force", version=head.number, digest=head.digest[:12], by=head.who, why=head.why)
