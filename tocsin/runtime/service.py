"""The service that `tocsin run` runs: brokers in, alarms out; the composition root."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog

from ingest.lookup import PointLookup
from plant.entries import Act, OperatorAction
from rules.events import AlarmEvent
from tocsin.answers.desk import EXERCISE_MARK
from tocsin.book import Committed
from tocsin.clock import Clock
from tocsin.configuration import Configured
from tocsin.inventory.live import LiveDevices
from tocsin.log.errors import LogCorruptError
from tocsin.notices.office import Office
from tocsin.observe.http_server import ObserveServer, listen_address
from tocsin.observe.metrics import Metrics
from tocsin.risk.live import values_of
from tocsin.risk.watch import InherentWatch
from tocsin.runtime.acting import entry_of, why_refused
from tocsin.runtime.collector import spare_collector
from tocsin.runtime.control import (
    Answer,
    AnyRequest,
    ApplyRequest,
    ControlServer,
    ReceiptsRequest,
    SeenRequest,
    SelfTestRequest,
    ValuesRequest,
)
from tocsin.runtime.core import Core, Progress
from tocsin.runtime.exercise import Exercise, open_exercise
from tocsin.runtime.history import History
from tocsin.runtime.intake import Intake
from tocsin.runtime.pipeline import Pipeline
from tocsin.runtime.reload import Reloader, tell
from tocsin.runtime.set_aside import SetAside
from tocsin.runtime.surroundings import ServiceSurroundings
from tocsin.runtime.vitals import Vitals
from tocsin.runtime.work import Work
from tocsin.selftest.upkeep import Upkeep
from tocsin.settings import Settings

WAITING_BYTES: Final = 256 << 20
"""Brokers are no longer read from when so much waits to be decided."""

DRAIN_S: Final = 6.0
_HOUSEKEEPING_S: Final = 5.0
_RETENTION_EVERY: Final = 12

OnEvents = Callable[[list[AlarmEvent]], None]

_log = structlog.get_logger(__name__)


class Service:
    """Everything of one process. `run` returns when it was stopped; the exit code tells how."""

    def __init__(
        self, settings: Settings, configured: Configured, clock: Clock, on_events: OnEvents | None = None
    ) -> None:
        """`on_events` hears of every event once it is in the book, on the decider's thread."""
        self.settings = settings
        self.metrics = Metrics()
        self._configured = configured
        self._clock = clock
        self._on_events = on_events
        self._stop = asyncio.Event()
        self._set_aside = SetAside(settings.data, clock)
        self._office: Office | None = None
        self._history: History | None = None
        self._exercise: Exercise | None = None
        self._reloader: Reloader | None = None
        self._rereading: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """End `run`. From the event loop's thread."""
        self._stop.set()

    def reread(self) -> None:
        """Put the site folder into force as it stands now (SIGHUP). From the event loop's thread."""
        if self._reloader is not None and not self._stop.is_set():
            task = asyncio.create_task(self._reloader.reread(self.settings.site), name="rereading")
            self._rereading.add(task)
            task.add_done_callback(self._rereading.discard)

    async def run(self, progress: Progress | None = None, ready: Callable[["Service"], None] | None = None) -> int:
        """Open, serve until `stop`, drain, close. Returns 0, or 1 where something was left undone."""
        settings, clock = self.settings, self._clock
        office = self._office = Office(settings, self._configured, settings.book, clock, self._submit)
        self.core = await asyncio.to_thread(
            Core.open,
            settings.data,
            self._configured,
            office.targets,
            clock.now_ms(),
            segment_bytes=settings.journal.segment_bytes,
            segment_ms=settings.journal.segment_s * 1000,
            progress=progress,
        )
        self._configured = self.core.configured
        office.use(self._configured)
        for mistake in office.mistakes(self._configured):
            _log.error("routes_in_vain", mistake=str(mistake))
        _log.info(
            "restored", checkpoint=self.core.restart.checkpoint, folded=self.core.restart.folded, end=self.core.decided
        )
        self.pipeline = Pipeline(self.core, clock, self.metrics, self._on_commit, settings.journal.checkpoint_s)
        self._set_aside.restore()
        latest = self.core.latest_readings()
        routes = [*settings.tcp_routes(), *settings.routes()]
        sources = settings.sources()
        lookup = PointLookup(self._configured.site, self.core.registry.registry, routes)
        self.intakes = [
            Intake(
                source,
                settings.batch,
                lookup,
                self._set_aside.quarantine,
                self.pipeline,
                clock,
                self.metrics,
                WAITING_BYTES // len(sources),
                latest,
                self._set_aside.unknown,
            )
            for source in sources
        ]
        if settings.influx is not None:
            self._history = History(settings.influx, self.core, self._configured.site, settings.data, clock)
        followers = self._history.followers if self._history is not None else []
        vitals = Vitals(self.core, self.pipeline, self.intakes, followers, self._set_aside.quarantine, clock)
        channels = [channel.name for channel in office.channels]
        if self._history is not None:
            self._history.tell_of(ServiceSurroundings(self.core, vitals, channels, settings.data, clock))
        vitals.watch(self.metrics, settings.book, channels)
        self._devices = LiveDevices(self.core)
        self._devices.watch(self.metrics)
        self._upkeep = Upkeep(
            settings,
            self.core,
            self.pipeline,
            self.intakes,
            self._history.readings if self._history is not None else None,
            vitals.health,
            self.metrics,
            clock,
        )
        vitals.beside.append(self._upkeep.checks)
        self.http = ObserveServer(listen_address(settings.http.listen), vitals.health, self.metrics.render)
        control = ControlServer(settings.data, self.act)
        self._exercise = await asyncio.to_thread(open_exercise, settings, self._configured, office.channels, clock)
        self._reloader = Reloader(self.core, self.pipeline, self.intakes, lookup, routes, office, self._exercise, clock)
        spare_collector()
        self.pipeline.start()
        self.http.start()
        await control.start()
        notices = asyncio.create_task(office.run(), name="notices")
        if self._history is not None:
            self._history.start()
        for intake in self.intakes:
            await intake.start()
        if self._exercise is not None:
            await self._exercise.start()
        keeping = asyncio.create_task(self._keep_house(), name="housekeeping")
        self._upkeep.start()
        if ready is not None:
            ready(self)
        stopped = asyncio.create_task(self._stop.wait())
        # With nobody to tell, the dispatcher is done at once; that ends nothing.
        watched = {stopped, keeping, notices} if office.channels else {stopped, keeping}
        await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        return await self._shut_down(control, notices, keeping)

    async def act(self, request: AnyRequest) -> Answer:
        """What an operator or an engineer asks for: written to the log, decided, booked; then answered."""
        if isinstance(request, ApplyRequest):
            assert self._reloader is not None  # noqa: S101 - made by run, before anybody can ask
            return await self._reloader.apply(request)
        if isinstance(request, SeenRequest):
            return Answer(seen=await asyncio.to_thread(lambda: self._devices.seen().to_bytes()))
        if isinstance(request, SelfTestRequest):
            return await self._upkeep.answer()
        if isinstance(request, ReceiptsRequest):
            return await self._take_receipts(request)
        if isinstance(request, ValuesRequest):
            return Answer(values=values_of(self.core, request.points))
        entry = entry_of(request, self._clock.now_ms(), self.core.configured)
        if isinstance(entry, OperatorAction) and entry.alarm.startswith(EXERCISE_MARK):
            if self._exercise is None:
                return Answer(refused="no exercises are held")
            entry = replace(entry, alarm=entry.alarm.removeprefix(EXERCISE_MARK))
            return await _act(self._exercise.pipeline, self._exercise.core.data, entry)
        return await _act(self.pipeline, self.settings.data, entry)

    def _submit(self, act: Act) -> None:
        """Put into the log what no person asked for."""
        self.pipeline.submit(Work(act))

    async def _take_receipts(self, request: ReceiptsRequest) -> Answer:
        assert self._office is not None  # noqa: S101 - made by run, before anybody can ask
        if request.channel not in [channel.name for channel in self.settings.channel]:
            return Answer(error=f"there is no channel {request.channel}")
        for receipt in request.receipts:
            await self._office.dispatcher.receipt_came(request.channel, receipt)
        return Answer()

    def _on_commit(self, committed: Committed) -> None:
        """On the decider's thread."""
        for numbered in committed.events:
            self.metrics.events.labels(numbered.event.event, numbered.event.severity).inc()
        for refusal in committed.refused:
            _log.warning("step_refused", position=refusal.position, reason=refusal.reason)
        if committed.queued and self._office is not None:
            self._office.dispatcher.wake()
        if self._on_events is not None and committed.events:
            self._on_events([numbered.event for numbered in committed.events])

    async def _keep_house(self) -> None:
        rounds, inherent = 0, InherentWatch(self.core, self.settings.data)
        while not self.pipeline.trouble:
            await asyncio.sleep(_HOUSEKEEPING_S)
            self._set_aside.save()
            await asyncio.to_thread(inherent.look, self._clock.now_ms())
            rounds += 1
            if rounds % _RETENTION_EVERY == 0:
                try:
                    await asyncio.to_thread(self._retain)
                except (OSError, LogCorruptError) as error:
                    # Old segments stay a while longer; alarms go on.
                    _log.warning("retention_failed", error=str(error))

    def _retain(self) -> None:
        journal = self.settings.journal
        keep_from = self.core.keep_from()
        if self._history is not None:
            keep_from = min(keep_from, self._history.position)
        limit_ms = self._clock.now_ms() - round(journal.retention_days * 86_400_000)
        dropped = self.core.journal.drop_before(limit_ms, keep_from, journal.max_bytes)
        if self._exercise is not None:
            self._exercise.retain(limit_ms, journal.max_bytes)
        if dropped.segments:
            _log.info("segments_dropped", count=len(dropped.segments), bytes=dropped.bytes, first=dropped.first)
        if dropped.held_bytes:
            _log.warning("journal_above_its_bound", bytes=dropped.held_bytes, kept_for="a follower or a checkpoint")

    async def _shut_down(
        self, control: ControlServer, notices: "asyncio.Task[None]", keeping: "asyncio.Task[None]"
    ) -> int:
        _log.info("stopping")
        await control.stop()
        await self._upkeep.stop()
        for task in (keeping, *self._rereading):
            task.cancel()
        for intake in self.intakes:
            intake.halt()
        drained = await asyncio.to_thread(self.pipeline.stop, DRAIN_S)
        await asyncio.sleep(0)  # the last acknowledgements were put into the loop meanwhile
        await asyncio.gather(*(intake.close() for intake in self.intakes))
        assert self._office is not None  # noqa: S101 - made by run
        self._office.dispatcher.stop()
        done, _ = await asyncio.wait({notices}, timeout=2.0)
        if not done:
            notices.cancel()
        if keeping.done() and not keeping.cancelled():
            done.add(keeping)
        failed = [task for task in done if not task.cancelled() and task.exception() is not None]
        for task in failed:
            _log.error("task_broken", task=task.get_name(), error=str(task.exception()))
        if self._history is not None:
            await asyncio.to_thread(self._history.stop, 2.0)
        if self._exercise is not None:
            await self._exercise.stop(DRAIN_S)
        self._set_aside.save()
        self.http.stop()
        self.core.close()
        if not drained:
            _log.error("not_drained", reason="what was not written comes again from the broker")
        _log.info("stopped", end=self.core.decided)
        return 0 if drained and not failed and not self.pipeline.trouble else 1


async def _act(pipeline: Pipeline, data: Path, action: Act) -> Answer:
    """Put what a person did into the log; the answer says what came of it."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[int] = loop.create_future()
    pipeline.submit(Work(action, decided=lambda position: tell(loop, done, position)))
    return Answer(refused=await asyncio.to_thread(why_refused, data, await done))
