"""All by which the service watches itself: self-tests, the heartbeat, own conditions."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Final, Protocol, get_args

import msgspec
import structlog

from alerts.machine import ACTIVE
from plant.entries import Act, OwnCondition
from tocsin.book import BookReader
from tocsin.book.audit import last_entry
from tocsin.book.schema import open_reader
from tocsin.clock import Clock
from tocsin.followers.status import FollowerStatus
from tocsin.observe.health import Check, Health
from tocsin.observe.metrics import Metrics
from tocsin.runtime.control import Answer
from tocsin.runtime.core import Core
from tocsin.runtime.pipeline import Pipeline
from tocsin.runtime.work import Work
from tocsin.selftest import findings
from tocsin.selftest.heartbeat import Beat, Heartbeat
from tocsin.selftest.tester import Tester
from tocsin.selftest.watch import Finding, Key, Said, Severity, Watch
from tocsin.settings import Settings

OWN: Final = "tocsin."
"""Rules of Tocsin's own conditions begin with it."""
_LOOK_S: Final = 1.0
_DEAD_LETTERS_S: Final = 10.0
_ALL: Final = 1 << 31

_log = structlog.get_logger(__name__)


class Follower(Protocol):
    """tocsin.followers.influx.InfluxFollower."""

    @property
    def name(self) -> str: ...

    def status(self) -> FollowerStatus: ...


class Upkeep:
    """Make it once core and pipeline stand, `start` it last and `stop` it first. In the event loop's thread."""

    def __init__(
        self,
        settings: Settings,
        core: Core,
        pipeline: Pipeline,
        connections: Sequence[findings.Connection],
        follower: Follower | None,
        health: Callable[[], Health],
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        """ValueError if a secret of the heartbeat can't be read; BookError if there is no alarm book."""
        self._settings = settings
        self._core = core
        self._pipeline = pipeline
        self._connections = connections
        self._follower = follower
        self._health = health
        self._clock = clock
        self._book = settings.book
        self._given_up: dict[Key, Finding] = {}
        self._look_again_s = 0.0
        self._tasks: list[asyncio.Task[None]] = []
        self._own = Watch(findings.delays_of(settings.watch), self._on_before())
        given = settings.selftest
        self._tester = None
        if given is not None:
            self._tester = Tester(settings, given, lambda: core.configured, self._ready, self._submit, clock)
            self._tester.watch(metrics)
        self._heart = None
        if settings.heartbeat is not None:
            self._heart = Heartbeat(settings.heartbeat, lambda: core.decided, self._beat, clock)
            self._heart.watch(metrics)

    def start(self) -> None:
        self._run(self._keep_watch(), "own watch")
        if self._tester is not None:
            self._tester.save()
            self._run(self._tester.keep(), "self-test")
        if self._heart is not None:
            self._run(self._heart.keep(), "heartbeat")

    async def stop(self) -> None:
        """End all of it; a self-test that is under way is lost, and a later one tidies up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def answer(self) -> Answer:
        """To somebody who asks for a self-test now: its outcome, or why there can be none."""
        if self._tester is None:
            return Answer(refused="there is no [selftest] section in the settings")
        if self._tester.running:
            return Answer(refused="a self-test is under way")
        return Answer(selftest=msgspec.json.encode(await self._tester.run("asked")))

    def checks(self) -> list[Check]:
        """For health; none of them holds up alarms. From any thread."""
        return [part.check() for part in (self._tester, self._heart) if part is not None]

    async def _keep_watch(self) -> None:
        while True:
            try:
                found = await asyncio.to_thread(self._found)
            except Exception as error:  # whatever it was, the next look may see
                _log.warning("own_watch_blind", error=f"{type(error).__name__}: {error}")
            else:
                for said in self._own.take(self._clock.monotonic_s(), found):
                    self._say(said)
            await asyncio.sleep(_LOOK_S)

    def _found(self) -> dict[Key, Finding]:
        settings = self._settings
        found = findings.brokers(self._connections)
        found |= findings.disk(settings.data, self._pipeline.disk_full, settings.watch)
        found |= self._dead_letters()
        if self._follower is not None:
            found |= findings.history(self._follower.name, self._follower.status(), settings.watch)
        failed = self._tester.finding() if self._tester is not None else None
        if failed is not None and settings.selftest is not None:
            found[findings.SELF_TEST, settings.selftest.point] = failed
        return found

    def _dead_letters(self) -> dict[Key, Finding]:
        """Looked for now and then: it takes the longer the more there are."""
        now_s = self._clock.monotonic_s()
        if now_s >= self._look_again_s:
            self._given_up = findings.given_up(self._book, self._clock.now_ms(), self._settings.watch)
            self._look_again_s = now_s + _DEAD_LETTERS_S
        return self._given_up

    def _say(self, said: Said) -> None:
        log = _log.warning if said.on else _log.info
        log("own_condition", rule=said.rule, subject=said.subject, on=said.on, reason=said.reason)
        self._submit(
            OwnCondition(
                self._clock.now_ms(), said.rule, said.subject, said.on, said.severity, said.reason, said.enterprise
            )
        )

    def _submit(self, act: Act) -> None:
        self._pipeline.submit(Work(act))

    def _on_before(self) -> dict[Key, Severity]:
        """What was on when the last process ended."""
        reader = BookReader.open_for_reading(self._book)
        try:
            alarms = reader.alarms(ACTIVE, _ALL)
        finally:
            reader.close()
        known: dict[str, Severity] = {severity: severity for severity in get_args(Severity)}
        return {
            (alarm.rule, alarm.subject): known[alarm.severity]
            for alarm in alarms
            if alarm.rule.startswith(OWN) and alarm.severity in known
        }

    def _ready(self) -> bool:
        return self._health().ready

    def _beat(self) -> Beat:
        reader = BookReader.open_for_reading(self._book)
        try:
            alarms: dict[str, int] = {}
            for (_, severity), count in reader.open_counts().items():
                alarms[severity] = alarms.get(severity, 0) + count
        finally:
            reader.close()
        db = open_reader(self._book)
        try:
            head = last_entry(db)
        finally:
            db.close()
        core = self._core
        lag = max(0, core.journal.end - core.decided)
        site, at = core.configured.site.name, self._clock.now_ms()
        return Beat(site, at, True, self._ready(), lag, alarms, head.hash if head is not None else "")

    def _run(self, work: Coroutine[None, None, None], name: str) -> None:
        self._tasks.append(asyncio.create_task(work, name=name))
