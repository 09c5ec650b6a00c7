"""By what the leader watches the site in cluster mode: self-tests, the heartbeat, own conditions.

What stands in the book is the same as with one process; what is found is about what the notifier sees: the clock of
each shard, calls that were given up, self-tests.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Final, get_args

import msgspec
import structlog

from alerts.machine import ACTIVE
from plant.entries import Act, OwnCondition
from tocsin.book import BookReader
from tocsin.book.audit import last_entry
from tocsin.book.schema import BookPlace, open_reader
from tocsin.clock import Clock
from tocsin.configuration import Configured
from tocsin.observe.health import Check
from tocsin.observe.metrics import Metrics
from tocsin.runtime.control import Answer
from tocsin.selftest import findings
from tocsin.selftest.heartbeat import Beat, Heartbeat
from tocsin.selftest.tester import Tester
from tocsin.selftest.upkeep import OWN
from tocsin.selftest.watch import Finding, Key, Said, Severity, Watch
from tocsin.settings import Settings

_LOOK_S: Final = 1.0
_DEAD_LETTERS_S: Final = 10.0
_ALL: Final = 1 << 31

_log = structlog.get_logger(__name__)


class ClusterUpkeep:
    """Make it once the process leads and a configuration is known; `start` last, `stop` first. In the event loop."""

    def __init__(
        self,
        settings: Settings,
        book: BookPlace,
        configured: Callable[[], Configured],
        behind: Callable[[], int],
        decided: Callable[[], int],
        submit: Callable[[Act], None],
        clock: Clock,
    ) -> None:
        """`behind` counts the records of `steps` that are not booked, `decided` moves on as long as alarms are decided.

        ValueError if a secret of the heartbeat can't be read; BookError if there is no alarm book.
        """
        self._settings = settings
        self._book = book
        self._configured = configured
        self._behind = behind
        self._submit = submit
        self._clock = clock
        self._given_up: dict[Key, Finding] = {}
        self._look_again_s = 0.0
        self._tasks: list[asyncio.Task[None]] = []
        self._own = Watch(findings.delays_of(settings.watch), self._on_before())
        given = settings.selftest
        self._tester = None
        if given is not None:
            self._tester = Tester(settings, given, configured, lambda: True, submit, clock)
        self._heart = None
        if settings.heartbeat is not None:
            self._heart = Heartbeat(settings.heartbeat, decided, self._beat, clock)

    def watch(self, metrics: Metrics) -> None:
        """Show what is tested and sent."""
        for part in (self._tester, self._heart):
            if part is not None:
                part.watch(metrics)

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

    def _found(self) -> Mapping[Key, Finding]:
        now_s = self._clock.monotonic_s()
        if now_s >= self._look_again_s:
            self._given_up = findings.given_up(self._book, self._clock.now_ms(), self._settings.watch)
            self._look_again_s = now_s + _DEAD_LETTERS_S
        found = dict(self._given_up)
        failed = self._tester.finding() if self._tester is not None else None
        if failed is not None and self._settings.selftest is not None:
            found[findings.SELF_TEST, self._settings.selftest.point] = failed
        return found

    def _say(self, said: Said) -> None:
        log = _log.warning if said.on else _log.info
        log("own_condition", rule=said.rule, subject=said.subject, on=said.on, reason=said.reason)
        self._submit(
            OwnCondition(
                self._clock.now_ms(), said.rule, said.subject, said.on, said.severity, said.reason, said.enterprise
            )
        )

    def _on_before(self) -> dict[Key, Severity]:
        """What was on when the last leader ended; of what others watch, nothing."""
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
        site, at = self._configured().site.name, self._clock.now_ms()
        return Beat(site, at, True, True, self._behind(), alarms, head.hash if head is not None else "")

    def _run(self, work: Coroutine[None, None, None], name: str) -> None:
        self._tasks.append(asyncio.create_task(work, name=name))
