"""Another configuration while the service runs: read, checked and compiled beside it, then in force at one entry."""

import asyncio
import gc
from collections.abc import Sequence
from pathlib import Path

import structlog

from ingest.lookup import PointLookup
from ingest.routes import Route
from plant.entries import Configuration
from plant.mistakes import InputError
from tocsin.clock import Clock
from tocsin.configuration import Configured, kind_of, read_configuration, restore_configuration
from tocsin.log.errors import LogCorruptError
from tocsin.log.versions import SIGNAL
from tocsin.notices.office import Office
from tocsin.runtime.control import Answer, ApplyRequest
from tocsin.runtime.core import Core
from tocsin.runtime.exercise import Exercise
from tocsin.runtime.intake import Intake
from tocsin.runtime.pipeline import Pipeline
from tocsin.runtime.work import Work

_log = structlog.get_logger(__name__)


class Reloader:
    """One change at a time. All methods are for the event loop's thread."""

    def __init__(
        self,
        core: Core,
        pipeline: Pipeline,
        intakes: Sequence[Intake],
        lookup: PointLookup,
        routes: Sequence[Route],
        office: Office,
        exercise: Exercise | None,
        clock: Clock,
    ) -> None:
        """`lookup` is the one that the intakes use."""
        self._core = core
        self._pipeline = pipeline
        self._intakes = intakes
        self._lookup = lookup
        self._routes = routes
        self._office = office
        self._exercise = exercise
        self._clock = clock
        self._one = asyncio.Lock()

    async def apply(self, request: ApplyRequest) -> Answer:
        """Put a kept configuration into force; answers once it is, and what ended with the old one is in the book."""
        async with self._one:
            now = self._core.fold.digest
            if request.instead_of != now:
                return Answer(
                    refused=f"version {now[:12]} has come into force meanwhile, not {request.instead_of[:12]}:"
                    " look at the difference again"
                )
            if request.digest == now:
                return Answer(refused="it is in force already")
            try:
                configured = await asyncio.to_thread(self._kept, request.digest)
                if mistakes := self._office.mistakes(configured):
                    return Answer(refused="; ".join(map(str, mistakes)))
                return Answer(position=await self._switch(configured, request.by, request.why))
            except (LookupError, LogCorruptError, OSError, ValueError) as error:
                _log.error("configuration_refused", by=request.by, why=request.why, error=str(error))
                return Answer(refused=str(error))

    async def reread(self, folder: Path) -> None:
        """Put a site folder into force as it stands now. What is wrong with it is logged, and changes nothing."""
        async with self._one:
            try:
                configured = await asyncio.to_thread(_read, folder)
                if configured.digest == self._core.fold.digest:
                    _log.info("configuration_unchanged", site=str(folder))
                    return
                if mistakes := self._office.mistakes(configured):
                    raise InputError(mistakes)
                await self._switch(configured, SIGNAL, "SIGHUP")
            except InputError as error:
                for mistake in error.mistakes:
                    _log.error("configuration_refused", site=str(folder), mistake=str(mistake))
            except (LogCorruptError, OSError, ValueError) as error:
                _log.error("configuration_refused", site=str(folder), error=str(error))

    def _kept(self, digest: str) -> Configured:
        with _uncollected():
            return restore_configuration(self._core.snapshots.get(digest))

    async def _switch(self, configured: Configured, who: str, why: str) -> int:
        """Compile aside, then switch gates and rules at one entry; returns its position once it is decided."""
        before = self._core.configured
        lookup = await asyncio.to_thread(self._prepare, configured)
        loop = asyncio.get_running_loop()
        decided: asyncio.Future[int] = loop.create_future()
        digest = configured.digest
        kind = kind_of(before, configured)
        # Nothing is awaited from here to the submission: no message can come between.
        for intake in self._intakes:
            intake.use_lookup(lookup)
        entry = Configuration(self._clock.now_ms(), kind, digest, who, why)
        self._pipeline.submit(Work(entry, decided=lambda position: tell(loop, decided, position)))
        self._lookup.forget()
        self._lookup = lookup
        position = await decided
        self._office.use(configured)
        # As at the start: a full collection that looked through a whole site would hold every thread up.
        gc.freeze()
        _log.info("configuration_in_force", position=position, kind=kind, digest=digest[:12], by=who, why=why)
        if self._exercise is not None:
            try:
                await self._exercise.reload(configured, who, why)
            except Exception as error:
                _log.error("exercises_keep_the_old_rules", error=f"{type(error).__name__}: {error}")
        return position

    def _prepare(self, configured: Configured) -> PointLookup:
        with _uncollected():
            self._core.prepare(configured)
            return PointLookup(configured.site, self._core.registry.registry, self._routes)


def tell(loop: asyncio.AbstractEventLoop, done: "asyncio.Future[int]", position: int) -> None:
    """Give a future its result from another thread."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(lambda: None if done.done() else done.set_result(position))


def _read(folder: Path) -> Configured:
    with _uncollected():
        return read_configuration(folder)


class _uncollected:  # noqa: N801 - reads as a statement
    """No garbage collection meanwhile: with a large site half made it would hold every thread up again and again."""

    def __enter__(self) -> None:
        gc.disable()

    def __exit__(self, *_: object) -> None:
        gc.enable()
