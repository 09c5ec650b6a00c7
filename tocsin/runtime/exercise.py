"""Exercises beside the real thing: a second engine, journal and alarm book, fed from topics of their own.

Nothing here touches the real pipeline, and nothing that goes wrong here ends the service (semantics 5.9).
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import structlog

from alerts.channels.port import Channel, Limits, Notice, Outcome
from ingest.lookup import EXERCISE_PREFIX, PointLookup
from ingest.quarantine import Quarantine
from ingest.source import Receipt
from plant.entries import Configuration, NoticeAction
from tocsin.book import Committed
from tocsin.book.outbox_queue import OUTBOX
from tocsin.clock import Clock
from tocsin.configuration import Configured
from tocsin.log.layout import BOOK, EXERCISE
from tocsin.notices.dispatcher import Dispatcher
from tocsin.notices.site_directory import SiteDirectory
from tocsin.observe.metrics import Metrics
from tocsin.runtime.core import Core
from tocsin.runtime.intake import Intake
from tocsin.runtime.pipeline import Pipeline
from tocsin.runtime.work import Work
from tocsin.settings import Settings

AWAKE_MS: Final = 2000
"""The clock of the exercises stands still when no message of one came for so long: else everything would fall silent
when an exercise ends."""

_WAITING_BYTES: Final = 32 << 20
_NOTICES_END_S: Final = 2.0

_log = structlog.get_logger(__name__)


class ExerciseChannel:
    """A real channel under which a notice has an id of its own: a receiver that knows the id of a real alarm raised at
    the same moment must not take one for the other.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    @property
    def name(self) -> str:
        return self._channel.name

    @property
    def limits(self) -> Limits:
        return self._channel.limits

    async def send(self, notice: Notice, now_ms: int) -> Outcome:
        return await self._channel.send(replace(notice, id=f"exercise.{notice.id}", exercise=True), now_ms)

    async def close(self) -> None:
        """The channel is that of the real alarms, which goes on."""


class ExerciseIntake(Intake):
    """Takes exercise topics for what they stand for."""

    heard_ms = 0
    """When the last message came."""

    def _on_message(
        self, topic: str, payload: bytes, retained: bool, redelivered: bool, packet_id: int, receipt: Receipt
    ) -> None:
        self.heard_ms = self._clock.now_ms()
        real = f"tocsin/{topic.removeprefix(EXERCISE_PREFIX)}" if topic.startswith(EXERCISE_PREFIX) else topic
        super()._on_message(real, payload, retained, redelivered, packet_id, receipt)


class Exercise:
    """Open it in a thread, then `start` in the event loop; `stop` ends it."""

    def __init__(self, settings: Settings, configured: Configured, channels: Sequence[Channel], clock: Clock) -> None:
        """Opens data/exercise; `channels` are those of the real alarms. Raises what `Core.open` does."""
        self._settings = settings
        self._configured = configured
        self._clock = clock
        self._metrics = Metrics()  # of its own: exercises count nowhere
        self._data = settings.data / EXERCISE
        targets = [webhook.target for webhook in settings.webhook]
        self.core = Core.open(self._data, configured, targets, clock.now_ms(), exercise=True)
        self.pipeline = Pipeline(
            self.core,
            clock,
            self._metrics,
            self._on_commit,
            settings.journal.checkpoint_s,
            ticking=self._awake,
        )
        self._intakes: list[ExerciseIntake] = []
        wrapped = [ExerciseChannel(channel) for channel in channels]
        self._links = settings.answers.links() if settings.answers is not None else None
        directory = SiteDirectory(configured, self._links, clock, exercise=True)
        self._dispatcher = Dispatcher(
            self._data / BOOK, wrapped, clock, random.random, directory=directory, on_failed=self._failed
        )
        self._notices: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Subscribe, decide and tell."""
        settings = self._settings
        lookup = PointLookup(self._configured.site, self.core.registry.registry)
        self._lookup = lookup
        latest = self.core.latest_readings()
        for mqtt in settings.mqtt:
            own = {
                "subscribe": settings.exercise.subscribe,
                "client_id": f"{mqtt.client_id}-exercise",
                "name": f"{mqtt.label}-exercise",
            }
            intake = ExerciseIntake(
                mqtt.model_copy(update=own),
                settings.batch,
                lookup,
                Quarantine(),
                self.pipeline,
                self._clock,
                self._metrics,
                _WAITING_BYTES,
                latest,
            )
            self._intakes.append(intake)
        self.pipeline.start()
        self._notices = asyncio.create_task(self._dispatcher.run(), name="exercise notices")
        for intake in self._intakes:
            await intake.start()
        _log.info("exercises_on", topics=list(settings.exercise.subscribe))

    async def reload(self, configured: Configured, who: str, why: str) -> None:
        """Go on under another configuration, as the real thing does."""
        digest = await asyncio.to_thread(self.core.prepare, configured)
        lookup = await asyncio.to_thread(PointLookup, configured.site, self.core.registry.registry)
        for intake in self._intakes:
            intake.use_lookup(lookup)
        self.pipeline.submit(Work(Configuration(self._clock.now_ms(), "site", digest, who, why)))
        self._dispatcher.use(SiteDirectory(configured, self._links, self._clock, exercise=True))
        self._lookup.forget()
        self._lookup = lookup

    async def stop(self, drain_s: float) -> None:
        """Decide what came in, and close; what was not written comes again from the broker."""
        for intake in self._intakes:
            intake.halt()
        await asyncio.to_thread(self.pipeline.stop, drain_s)
        await asyncio.sleep(0)
        await asyncio.gather(*(intake.close() for intake in self._intakes))
        self._dispatcher.stop()
        if self._notices is not None:
            await asyncio.wait({self._notices}, timeout=_NOTICES_END_S)
            self._notices.cancel()
        self.core.close()

    def retain(self, limit_ms: int, max_bytes: int | None) -> None:
        """Drop segments older than the limit. OSError, LogCorruptError as the journal says."""
        self.core.journal.drop_before(limit_ms, self.core.keep_from(), max_bytes)

    def _awake(self) -> bool:
        now_ms = self._clock.now_ms()
        return any(now_ms - intake.heard_ms <= AWAKE_MS for intake in self._intakes)

    def _failed(self, call: str) -> None:
        self.pipeline.submit(Work(NoticeAction(self._clock.now_ms(), "failed", call, OUTBOX)))

    def _on_commit(self, committed: Committed) -> None:
        if committed.queued:
            self._dispatcher.wake()


def open_exercise(
    settings: Settings, configured: Configured, channels: Sequence[Channel], clock: Clock
) -> Exercise | None:
    """The exercises, where they are switched on and can be opened; what is wrong is logged, the real thing goes on."""
    if not settings.exercise.enabled:
        return None
    try:
        return Exercise(settings, configured, channels, clock)
    except Exception as error:
        _log.error("exercises_off", error=f"{type(error).__name__}: {error}")
        return None
