"""Self-tests on a schedule: what is due runs, its outcome is kept, and a good one that is missing is a finding."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog
from msgspec.structs import replace

from plant.entries import OperatorAction
from tocsin.clock import Clock
from tocsin.configuration import Configured
from tocsin.log.layout import SELF_TESTS
from tocsin.observe.health import Check, Matters
from tocsin.observe.metrics import Metrics
from tocsin.selftest.record import Cause, Kept, Run, load_kept, save_kept
from tocsin.selftest.run import SelfTest
from tocsin.selftest.schedule import Schedule, due_at, missed_at
from tocsin.selftest.target import find_target
from tocsin.selftest.watch import Finding
from tocsin.settings import Settings
from tocsin.settings.selftest import SelfTestSettings

RETRY_S: Final = 900.0
"""After a run that was not good, unless the schedule comes first."""
_SETTLE_S: Final = 30.0
"""After the start a run that is due waits so long for the service to be ready."""
_ROUND_S: Final = 0.5

_log = structlog.get_logger(__name__)


class Tester:
    """For the event loop's thread, but for `finding` and `check`, which only read."""

    def __init__(
        self,
        settings: Settings,
        given: SelfTestSettings,
        configured: Callable[[], Configured],
        ready: Callable[[], bool],
        act: Callable[[OperatorAction], None],
        clock: Clock,
    ) -> None:
        """`configured` is what is in force now, `act` puts an action into the log."""
        self._settings = settings
        self._given = given
        self._configured = configured
        self._ready = ready
        self._act = act
        self._clock = clock
        self._path: Path = settings.data / SELF_TESTS
        self._one = asyncio.Lock()
        self.kept = self._restore()
        self._note(self.kept)

    @property
    def running(self) -> bool:
        return self._one.locked()

    async def keep(self) -> None:
        """Run what is due, for ever. What goes wrong in a run is its outcome."""
        started_s = self._clock.monotonic_s()
        while True:
            if self._clock.now_ms() >= self._due_ms:
                waited_s = self._clock.monotonic_s() - started_s
                if waited_s > _SETTLE_S or self._ready():
                    await self.run("schedule")
            await asyncio.sleep(_ROUND_S)

    async def run(self, cause: Cause) -> Run:
        """Run one now; one at a time."""
        async with self._one:
            begun_ms = self._clock.now_ms()
            try:
                target = find_target(self._settings, self._configured())
            except ValueError as error:
                run = Run(begun_ms, cause, False, failed="published", reason=str(error))
            else:
                book = self._settings.book
                test = SelfTest(target, book, self._clock, self._act, self._given.within_s, self._given.over)
                try:
                    run = await test.run(cause)
                except Exception as error:  # a run that breaks must not end the runs
                    _log.exception("self_test_broken")
                    run = Run(begun_ms, cause, False, failed="published", reason=f"{type(error).__name__}: {error}")
            self._note(self.kept.with_run(run))
            await asyncio.to_thread(self.save)
            if run.ok:
                _log.info("self_test_passed", alarm=run.alarm, legs=run.legs, over=run.over)
            else:
                _log.error("self_test_failed", leg=run.failed, reason=run.reason, alarm=run.alarm)
            return run

    def finding(self) -> Finding | None:
        """The last run failed, or a good one is missing."""
        last, now_ms = self.kept.last, self._clock.now_ms()
        if last is not None and not last.ok:
            reason = f"the leg `{last.failed}` failed: {last.reason}"
        elif self.kept.missed_ms is not None and now_ms >= self.kept.missed_ms:
            good = self.kept.last_good_ms
            since_ms = self.kept.since_ms if good is None else good
            reason = f"no test alarm has got through for {(now_ms - since_ms) / 3_600_000:.1f} h"
        else:
            return None
        point = self._configured().site.points.get(self._given.point)
        return Finding("orange", reason, point.enterprise if point is not None else "")

    def check(self) -> Check:
        finding = self.finding()
        return Check("self-test", finding is None, finding.reason if finding is not None else "", Matters.NOTED)

    def watch(self, metrics: Metrics) -> None:
        """Show it: `tocsin_selftest_...`."""
        metrics.watch("tocsin_selftest_ok", lambda: self.finding() is None)
        metrics.watch("tocsin_selftest_age_seconds", self._age_s)
        metrics.watch("tocsin_selftest_leg_seconds", lambda: dict(self.kept.last.legs) if self.kept.last else {})

    def _age_s(self) -> float:
        """Since the last good run began, or else since the first was waited for."""
        good = self.kept.last_good_ms
        return (self._clock.now_ms() - (self.kept.since_ms if good is None else good)) / 1000

    def _restore(self) -> Kept:
        try:
            kept = load_kept(self._path)
        except ValueError as error:
            _log.warning("self_tests_unreadable", error=str(error))
            kept = None
        return kept or Kept(self._clock.now_ms())

    def _note(self, kept: Kept) -> None:
        schedule = self._schedule()
        retry_ms, late_ms = round(RETRY_S * 1000), round(self._given.late_s * 1000)
        missed_ms = missed_at(kept.facts(), schedule, late_ms)
        self.kept = replace(kept, missed_ms=missed_ms)
        self._due_ms = due_at(kept.facts(), schedule, retry_ms)

    def _schedule(self) -> Schedule:
        zone, every_s = self._configured().site.timezone, self._given.every_s
        return Schedule(zone, self._given.at) if every_s is None else Schedule(zone, every_ms=round(every_s * 1000))

    def save(self) -> None:
        """Remember the runs, and from when on they are expected, over restarts."""
        try:
            save_kept(self.kept, self._path)
        except OSError as error:
            _log.warning("self_tests_not_saved", error=str(error))
