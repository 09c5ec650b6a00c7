"""The process that `tocsin worker` runs: it decides the shards that it is given; the composition root."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from tocsin.clock import Clock
from tocsin.kafka.admin import check_partitions
from tocsin.kafka.errors import KafkaClientError
from tocsin.kafka.topics import LogPlace, Shard, Topics
from tocsin.observe.http_server import ObserveServer, listen_address
from tocsin.runtime.collector import spare_collector
from tocsin.settings import Settings
from tocsin.settings.kafka import KafkaSettings
from tocsin.worker.divisions import Divisions
from tocsin.worker.inbox import Record
from tocsin.worker.metrics import WorkerMetrics
from tocsin.worker.runner import ShardRunner
from tocsin.worker.stream import Stream
from tocsin.worker.vitals import WorkerVitals

_RETRY_S: Final = 1.0
_LEAVE_S: Final = 10.0
_WATCH_S: Final = 0.5

_log = structlog.get_logger(__name__)


class Worker:
    """`run` returns when it was stopped; the exit code tells how. Implements tocsin.worker.stream.Holder."""

    def __init__(self, settings: Settings, kafka: KafkaSettings, clock: Clock) -> None:
        self.settings = settings
        self.metrics = WorkerMetrics()
        self.trouble = ""
        """Why nothing can be decided any more; the process must end."""
        self.waits_for = "not asked yet"
        """What keeps it from beginning."""
        self._kafka = kafka
        self._clock = clock
        self._topics = Topics.of(kafka)
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._runners: dict[LogPlace, ShardRunner] = {}
        self._ours: set[LogPlace] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._divisions: Divisions | None = None
        self._stream = Stream(kafka, self)
        self._vitals = WorkerVitals(self, clock)

    def stop(self) -> None:
        """End `run`. From the event loop's thread."""
        self._stop.set()

    @property
    def runners(self) -> Sequence[ShardRunner]:
        """The shards that are decided here."""
        return list(self._runners.values())

    @property
    def waits_for_shards(self) -> Sequence[Shard]:
        """Shards that are this process's and are not decided at the moment."""
        ours = {self._topics.shard_at(*place) for place in list(self._ours)}
        return sorted(ours - {runner.shard for runner in self.runners if runner.restored})

    async def run(self, ready: Callable[["Worker"], None] | None = None) -> int:
        """Open, decide until `stop`, leave, close. Returns 0, or 1 where it had to give up."""
        http = ObserveServer(listen_address(self.settings.http.listen), self._vitals.health, self.metrics.render)
        http.start()
        try:
            await self._begin()
            if self._divisions is not None and not self._stop.is_set():
                if ready is not None:
                    ready(self)
                await self._until_stopped()
        finally:
            await self._end()
            await asyncio.to_thread(http.stop)
        return 1 if self.trouble else 0

    def assigned(self, places: set[LogPlace]) -> None:
        self._ours = places
        gone = set(self._runners) - places
        for place in gone:
            self._runners.pop(place).stop()
        for place in places - set(self._runners):
            self._run(place)
        for place, runner in self._runners.items():
            if runner.restored:
                # The stream was moved to where it committed last; it goes on where the shard is.
                self._soon(self._deliver_from(place, runner))
        _log.info("shards_assigned", shards=sorted(self._topics.shard_at(*place) for place in places), let_go=len(gone))

    def deliver(self, place: LogPlace, record: Record) -> bool:
        runner = self._runners.get(place)
        return runner is not None and runner.deliver(record)

    async def _begin(self) -> None:
        """Wait for Kafka, then join the other workers."""
        while not self._stop.is_set():
            try:
                await asyncio.to_thread(check_partitions, self._kafka)
                self._divisions = await asyncio.to_thread(Divisions, self._kafka)
                break
            except KafkaClientError as error:
                if not error.retry:
                    raise
                self._waits(str(error))
            await self._nap(_RETRY_S)
        if self._divisions is not None:
            spare_collector()
            await self._stream.start()
            self._soon(self._prepare(self._divisions))
            self.waits_for = ""

    async def _prepare(self, divisions: Divisions) -> None:
        """Have new versions ready before the logs switch to them."""
        said = ""
        while not self._stop.is_set():
            try:
                await asyncio.to_thread(divisions.prepare)
            except (KafkaClientError, LookupError, ValueError) as error:
                if str(error) != said:
                    _log.warning("version_not_prepared", reason=str(error))
                said = str(error)
            await self._nap(_RETRY_S)

    async def _until_stopped(self) -> None:
        while not self._stop.is_set() and not self.trouble:
            await self._nap(_WATCH_S)
            failure = self._stream.failure
            if failure is not None:
                self.trouble = f"the stream broke: {type(failure).__name__}: {failure}"
                _log.error("stream_broken", error=self.trouble)

    async def _end(self) -> None:
        self._stop.set()
        runners, self._ours = list(self._runners.values()), set()
        for runner in runners:
            runner.stop()
        for runner in runners:
            if not await asyncio.to_thread(runner.join, _LEAVE_S):
                _log.warning("shard_not_left", shard=runner.shard)
        for task in list(self._tasks):
            task.cancel()
        if self._divisions is not None:
            # Only now, so that the others begin where these ended.
            try:
                await asyncio.wait_for(self._stream.stop(), _LEAVE_S)
            except Exception as error:
                _log.warning("stream_not_left", error=f"{type(error).__name__}: {error}")
            self._divisions.close()

    def _run(self, place: LogPlace) -> None:
        if self._divisions is None or self._stop.is_set():
            return
        shard = self._topics.shard_at(*place)

        def live(runner: ShardRunner) -> None:
            self._loop.call_soon_threadsafe(lambda: self._soon(self._deliver_from(place, runner)))

        def ended(runner: ShardRunner) -> None:
            self._loop.call_soon_threadsafe(self._ended, place, runner)

        runner = ShardRunner(self._kafka, shard, self._divisions, self._clock, self.metrics, live, ended)
        self._runners[place] = runner
        runner.start()

    def _ended(self, place: LogPlace, runner: ShardRunner) -> None:
        if runner.why == "broken":
            self.trouble = self.trouble or runner.trouble
        if self._runners.get(place) is runner:
            del self._runners[place]
            self._soon(self._again(place))

    async def _again(self, place: LogPlace) -> None:
        """Another try, where the shard is still this process's."""
        await self._nap(_RETRY_S)
        if place in self._ours and place not in self._runners and not self.trouble:
            self._run(place)

    async def _deliver_from(self, place: LogPlace, runner: ShardRunner) -> None:
        if self._runners.get(place) is runner:
            await self._stream.deliver_from(place, runner.next)

    def _soon(self, work: "asyncio.Future[None] | object") -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.trouble = self.trouble or f"{type(error).__name__}: {error}"
            _log.error("worker_broken", exc_info=error)

    def _waits(self, why: str) -> None:
        if why != self.waits_for:
            _log.warning("worker_waits", reason=why)
        self.waits_for = why

    async def _nap(self, most_s: float) -> None:
        """Until stopped, but no longer."""
        try:
            await asyncio.wait_for(self._stop.wait(), most_s)
        except TimeoutError:
            return
