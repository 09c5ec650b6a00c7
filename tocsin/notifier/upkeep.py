"""By what the leader watches the site in cluster mode: self-tests, the heartbeat, own conditions.

What stands in the book is the same as with one process; what is found is about what the notifier sees: logs of shards
that stand still, records that can't be read, calls that were given up, self-tests. What is on is looked up in the book
now and then: what another leader said, or what was lost on its way, comes right by that.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from typing import Final, get_args

import msgspec
import structlog

from alerts.own import OwnAlarm
from plant.entries import Act
from tocsin.book import BookReader
from tocsin.book.audit import last_entry
from tocsin.book.kept import load_kept
from tocsin.book.schema import BookPlace, open_reader
from tocsin.clock import Clock
from tocsin.configuration import Configured
from tocsin.notifier.letters import delays_of_letters
from tocsin.notifier.own_steps import OwnSteps
from tocsin.notifier.shard_look import ShardLook
from tocsin.notifier.shard_marks import delays_of_shards
from tocsin.observe.health import Check, Matters
from tocsin.observe.metrics import Metrics
from tocsin.runtime.control import Answer
from tocsin.selftest import findings
from tocsin.selftest.heartbeat import Beat, Heartbeat
from tocsin.selftest.tester import Tester
from tocsin.selftest.watch import Finding, Key, Said, Severity, Watch
from tocsin.settings import Settings
from tocsin.settings.kafka import KafkaSettings

_LOOK_S: Final = 1.0
_DEAD_LETTERS_S: Final = 10.0
_CLOSE_S: Final = 2.0
_SETTLE_S: Final = 15.0
"""What was said so long ago is in the book."""

_log = structlog.get_logger(__name__)


class ClusterUpkeep:
    """Make it once the process leads and a configuration is known; `start` last, `stop` first. In the event loop."""

    def __init__(
        self,
        settings: Settings,
        kafka: KafkaSettings,
        book: BookPlace,
        configured: Callable[[], Configured],
        behind: Callable[[], int],
        decided: Callable[[], int],
        submit: Callable[[Act], None],
        clock: Clock,
    ) -> None:
        """`behind` counts the records of `steps` that are not booked; `decided` is the latest time that a shard told,
        and moves on as long as alarms are decided.

        ValueError if a secret of the heartbeat can't be read; BookError if there is no alarm book.
        """
        self._settings = settings
        self._book = book
        self._configured = configured
        self._behind = behind
        self._decided = decided
        self._clock = clock
        self._look_again_s = 0.0
        self._tasks: list[asyncio.Task[None]] = []
        delays = findings.delays_of(settings.watch) | delays_of_shards() | delays_of_letters()
        self._own = Watch(delays, self._on_in_book())
        self._said_s = clock.monotonic_s()
        self._steps = OwnSteps(kafka, clock)
        self._shards = ShardLook(kafka, settings.watch, clock)
        self._looks: dict[str, Callable[[], Mapping[Key, Finding]]] = {
            "shards": self._shards.shards,
            "dead letters": self._shards.letters,
            "notices": self._look_for_given_up,
            "self-test": self._failed_test,
        }
        self._seen: dict[str, Mapping[Key, Finding]] = {}
        """What each look found last."""
        self._blind: dict[str, str] = {}
        """Looks that see nothing just now, and why."""
        self._looking = threading.Lock()
        self._ended = threading.Event()
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
        await asyncio.to_thread(self._close)

    async def answer(self) -> Answer:
        """To somebody who asks for a self-test now: its outcome, or why there can be none."""
        if self._tester is None:
            return Answer(refused="there is no [selftest] section in the settings")
        if self._tester.running:
            return Answer(refused="a self-test is under way")
        return Answer(selftest=msgspec.json.encode(await self._tester.run("asked")))

    def checks(self) -> list[Check]:
        """For health; none of them holds up alarms. From any thread."""
        blind = dict(self._blind)
        said = "; ".join(f"{name}: {why}" for name, why in blind.items())
        parts = [part.check() for part in (self._tester, self._heart) if part is not None]
        return [*parts, Check("own watch", not blind, said, Matters.NOTED)]

    async def _keep_watch(self) -> None:
        while True:
            await asyncio.to_thread(self._watch_once)
            await asyncio.sleep(_LOOK_S)

    def _watch_once(self) -> None:
        with self._looking:
            if not self._ended.is_set():
                self._look_around()

    def _look_around(self) -> None:
        self._steps.note(self._decided())
        for name, look in self._looks.items():
            self._look(name, look)
        now_s = self._clock.monotonic_s()
        if now_s - self._said_s >= _SETTLE_S and not self._steps.pending:
            self._look("alarm book", self._settle)
            self._said_s = now_s
        found = {key: finding for seen in self._seen.values() for key, finding in seen.items()}
        for said in self._own.take(now_s, found) if not self._ended.is_set() else ():
            self._said_s = now_s
            self._say(said)

    def _look(self, name: str, look: Callable[[], Mapping[Key, Finding]]) -> None:
        """While one of them is blind, what it saw last holds."""
        try:
            self._seen[name] = look()
            self._blind.pop(name, None)
        except Exception as error:  # whatever it was, the next look may see
            if name not in self._blind:
                _log.warning("own_watch_blind", look=name, error=f"{type(error).__name__}: {error}")
            self._blind[name] = str(error)

    def _settle(self) -> Mapping[Key, Finding]:
        self._own.settle(self._on_in_book())
        return {}

    def _look_for_given_up(self) -> Mapping[Key, Finding]:
        """Now and then: it takes the longer the more there are."""
        now_s = self._clock.monotonic_s()
        if now_s < self._look_again_s:
            return self._seen.get("notices", {})
        found = findings.given_up(self._book, self._clock.now_ms(), self._settings.watch)
        self._look_again_s = now_s + _DEAD_LETTERS_S
        return found

    def _failed_test(self) -> Mapping[Key, Finding]:
        failed = self._tester.finding() if self._tester is not None else None
        if failed is None or self._settings.selftest is None:
            return {}
        return {(findings.SELF_TEST, self._settings.selftest.point): failed}

    def _say(self, said: Said) -> None:
        log = _log.warning if said.on else _log.info
        log("own_condition", rule=said.rule, subject=said.subject, on=said.on, reason=said.reason)
        self._steps.say(said)

    def _on_in_book(self) -> dict[Key, Severity]:
        """What is on, as the alarm book has it, whoever said it. BookError, ServerError."""
        db = open_reader(self._book)
        try:
            own = load_kept(db, "own", OwnAlarm)
            alarms = [alarm for alarm in own.values() if alarm.on]
        finally:
            db.close()
        known: dict[str, Severity] = {severity: severity for severity in get_args(Severity)}
        return {(alarm.rule, alarm.subject): known[alarm.severity] for alarm in alarms if alarm.severity in known}

    def _close(self) -> None:
        """A look that waits for Kafka meanwhile says nothing any more; it is not waited for."""
        self._ended.set()
        if self._looking.acquire(timeout=_CLOSE_S):
            self._steps.close()
            self._shards.close()

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
