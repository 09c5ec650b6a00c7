"""The notifier's process: waits until it leads, then books what the workers decided, and tells people.

Nothing here decides what is an alarm. A leader that loses the lead stops at once and waits with the others.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from alerts.routes.check_channels import channel_mistakes
from tocsin.book import BookError, Committed
from tocsin.book.schema import BookPlace
from tocsin.clock import Clock
from tocsin.cluster.acting import ClusterActs, NotAnsweredError
from tocsin.configuration import Configured
from tocsin.database import DATABASE_ERRORS, TRY_AGAIN, FencedError
from tocsin.kafka.errors import KafkaClientError
from tocsin.kafka.versions import Versions
from tocsin.notices.office import Office
from tocsin.notifier.folding import Folding
from tocsin.notifier.leader import HOLD_EVERY_S, STALLED_S, TRY_EVERY_S, LostError, leadership
from tocsin.notifier.upkeep import ClusterUpkeep
from tocsin.notifier.vitals import Vitals
from tocsin.observe.http_server import ObserveServer, listen_address
from tocsin.observe.metrics import Metrics
from tocsin.runtime.acting import ActRequest
from tocsin.runtime.control import Answer, AnyRequest, ControlServer, ReceiptsRequest, SelfTestRequest
from tocsin.settings import Settings
from tocsin.settings.kafka import KafkaSettings

_WAIT_S: Final = 2.0
_STOP_S: Final = 5.0

_log = structlog.get_logger(__name__)


class Notifier:
    """One of a site's notifiers. `run` returns when it was stopped; the exit code tells how."""

    def __init__(self, settings: Settings, kafka: KafkaSettings, clock: Clock) -> None:
        self._settings = settings
        self._kafka = kafka
        self._clock = clock
        self._stop = asyncio.Event()
        self.metrics = Metrics()
        self.vitals = Vitals(clock)
        self._reign: Reign | None = None

    def stop(self) -> None:
        """End `run`. From the event loop's thread."""
        self._stop.set()

    async def run(self, ready: Callable[["Notifier"], None] | None = None) -> int:
        """Serve until `stop`. Returns 0, or 1 where something broke. KafkaClientError, BookError at the start."""
        settings = self._settings
        self.versions = await asyncio.to_thread(Versions.open, self._kafka)
        self.acts = ClusterActs(self._kafka, settings.book, self._configured, self._clock)
        self._leader = leadership(settings.book)
        self.vitals.watch(self.metrics, settings.book)
        self.http = ObserveServer(listen_address(settings.http.listen), self.vitals.health, self.metrics.render)
        self.http.start()
        settings.data.mkdir(parents=True, exist_ok=True)
        control = ControlServer(settings.data, self.act)
        await control.start()
        if ready is not None:
            ready(self)
        code = 0
        try:
            while not self._stop.is_set():
                place = await self._until_leading()
                if place is not None:
                    code = await self._lead(place)
                    self._leader.release()
        finally:
            await control.stop()
            self.http.stop()
            await asyncio.to_thread(self.acts.close)
            self.versions.close()
        _log.info("stopped")
        return code

    async def act(self, request: AnyRequest) -> Answer:
        """What a process on this machine asks for."""
        if isinstance(request, ActRequest):
            try:
                return Answer(refused=await asyncio.to_thread(self.acts.act, request))
            except (NotAnsweredError, KafkaClientError, BookError, LookupError, *DATABASE_ERRORS) as error:
                return Answer(error=str(error.args[0] if isinstance(error, LookupError) else error))
        if self._reign is None:
            return Answer(error="this notifier stands by; another one is active")
        return await self._reign.answer(request)

    def _configured(self) -> Configured:
        """The newest version. KafkaClientError, LookupError where there is none."""
        self.versions.refresh()
        latest = self.versions.latest
        if latest is None:
            raise LookupError("there is no version of the configuration yet: `tocsin bridge` puts the first")
        return self.versions.get(latest.number)

    async def _until_leading(self) -> BookPlace | None:
        """The book, once this process leads; None when it is to stop. Keeps what a leader needs at hand."""
        self.vitals.role = "standby"
        _log.info("standing_by")
        while not self._stop.is_set():
            try:
                place = await asyncio.to_thread(self._leader.take)
                self.vitals.waiting = ""
                if place is not None:
                    return place
                await asyncio.to_thread(self._warm)
            except (BookError, KafkaClientError, LookupError) as error:
                if self.vitals.waiting != str(error):
                    _log.error("notifier_waits", error=str(error))
                self.vitals.waiting = str(error)
            await self._sleep(TRY_EVERY_S)
        return None

    def _warm(self) -> None:
        """A large site takes seconds to read: whoever takes over has read it already."""
        if self.versions.refresh() or self.versions.latest is not None:
            self._configured()

    async def _lead(self, place: BookPlace) -> int:
        """Until stopped, or not the leader any more. Returns 1 where something broke."""
        _log.info("leading")
        self.vitals.role = "active"
        lost = asyncio.create_task(self._hold(), name="lead")
        stopped = asyncio.create_task(self._stop.wait())
        reign: Reign | None = None
        code = 0
        try:
            configured = await self._first_configuration(lost)
            if configured is None:
                return 0
            reign = self._reign = Reign(self, place, configured)
            await reign.start()
            self.vitals.reign = reign
            done, _ = await asyncio.wait({lost, stopped, *reign.tasks}, return_when=asyncio.FIRST_COMPLETED)
            if lost not in done and stopped not in done and not reign.is_fenced():
                code = 1
        except (BookError, KafkaClientError, *TRY_AGAIN) as error:
            _log.error("notifier_waits", error=str(error))
            await self._sleep(_WAIT_S)
        finally:
            self._reign = self.vitals.reign = None
            if reign is not None:
                await reign.stop()
            for task in (lost, stopped):
                task.cancel()
            await asyncio.gather(lost, stopped, return_exceptions=True)
        if code and not self._stop.is_set():
            self._stop.set()  # a supervisor begins anew, with what is in the log of this process
        return code

    async def _first_configuration(self, lost: "asyncio.Task[None]") -> Configured | None:
        """What people and channels are known by until the book says which version is in force."""
        while not (self._stop.is_set() or lost.done()):
            try:
                return await asyncio.to_thread(self._configured)
            except LookupError as error:
                self.vitals.waiting = str(error.args[0])
                await self._sleep(TRY_EVERY_S)
        return None

    async def _hold(self) -> None:
        """Returns once this process is not the leader any more. It runs in the event loop, so that a process whose
        loop stands still loses the lead."""
        while True:
            try:
                async with asyncio.timeout(STALLED_S):
                    await asyncio.to_thread(self._leader.hold)
            except (LostError, TimeoutError) as error:
                _log.error("lead_lost", error=str(error) or "the database does not answer")
                return
            await asyncio.sleep(HOLD_EVERY_S)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return


class Reign:
    """All that a leader does, from taking the lead to losing it."""

    def __init__(self, owner: Notifier, place: BookPlace, configured: Configured) -> None:
        """BookError; ValueError, OSError or MissingExtraError where a channel can't be opened."""
        self._owner = owner
        self._settings, self._clock = owner._settings, owner._clock
        self._now = configured
        self.office = Office(owner._settings, configured, place, owner._clock, owner.acts.post)
        self.folding = Folding(
            owner._kafka,
            place,
            self.office.targets,
            owner.versions,
            owner._clock,
            self._on_commit,
            self._on_configured,
        )
        self._place = place
        self.upkeep: ClusterUpkeep | None = None
        self.tasks: list[asyncio.Task[None] | asyncio.Task[bool]] = []
        self._notices: asyncio.Task[None] | None = None

    @property
    def configured(self) -> Configured:
        """What is in force in the book."""
        return self._now

    async def start(self) -> None:
        """BookError if the book can't be used."""
        owner = self._owner
        self.folding.start()
        self.upkeep = await asyncio.to_thread(
            ClusterUpkeep,
            self._settings,
            owner._kafka,
            self._place,
            lambda: self._now,
            self.folding.lag,
            lambda: self.folding.told_ms,
            owner.acts.post,
            self._clock,
        )
        self.upkeep.start()
        # With nobody to tell, the dispatcher is done at once; that ends nothing.
        notices = self._notices = asyncio.create_task(self.office.run(), name="notices")
        folding = asyncio.create_task(asyncio.to_thread(self.folding.ended.wait), name="folding")
        self.tasks = [notices, folding] if self.office.channels else [folding]

    async def stop(self) -> None:
        """End between two commits; what is on its way to somebody gets a moment to arrive. Also after half a start."""
        if self.upkeep is not None:
            await self.upkeep.stop()
        self.office.dispatcher.stop()
        if self._notices is not None:
            await self._end_notices(self._notices)
        if not await asyncio.to_thread(self.folding.stop, _STOP_S):
            _log.error("folding_not_ended")

    async def _end_notices(self, notices: "asyncio.Task[None]") -> None:
        done, _ = await asyncio.wait({notices}, timeout=2.0)
        if not done:
            notices.cancel()
        [result] = await asyncio.gather(notices, return_exceptions=True)
        if isinstance(result, Exception) and not _is_fenced(result):
            _log.error("notices_broken", error=str(result))

    def is_fenced(self) -> bool:
        """Whether something ended since another notifier has taken the lead."""
        notices = self._notices
        error = notices.exception() if notices is not None and notices.done() and not notices.cancelled() else None
        return self.folding.fenced or _is_fenced(error)

    async def answer(self, request: AnyRequest) -> Answer:
        if isinstance(request, SelfTestRequest) and self.upkeep is not None:
            return await self.upkeep.answer()
        if isinstance(request, ReceiptsRequest):
            if request.channel not in [channel.name for channel in self._settings.channel]:
                return Answer(error=f"there is no channel {request.channel}")
            for receipt in request.receipts:
                await self.office.dispatcher.receipt_came(request.channel, receipt)
            return Answer()
        return Answer(error="this is not known here: the site runs over Kafka")

    def _on_commit(self, committed: Committed) -> None:
        """On the folding's thread."""
        for numbered in committed.events:
            self._owner.metrics.events.labels(numbered.event.event, numbered.event.severity).inc()
        for refusal in committed.refused:
            _log.warning("step_refused", position=refusal.position, reason=refusal.reason)
        if committed.queued:
            self.office.dispatcher.wake()

    def _on_configured(self, configured: Configured) -> None:
        """On the folding's thread."""
        self._now = configured
        self.office.use(configured)
        channels = {channel.name: channel.public for channel in self._settings.channel}
        for mistake in channel_mistakes(configured.routes, configured.site, channels):
            _log.error("routes_in_vain", mistake=str(mistake))


def _is_fenced(error: BaseException | None) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(_is_fenced(one) for one in error.exceptions)
    return isinstance(error, FencedError)
