"""One self-test: a synthetic reading goes the way of every reading, and each leg of its way is timed."""

import asyncio
from collections.abc import Callable, Collection
from functools import partial
from typing import Final, TypeVar

from alerts.machine import ACTIVE, OPEN, UNACKNOWLEDGED, State
from plant.entries import OperatorAction
from tocsin.book import BookError
from tocsin.clock import Clock
from tocsin.database import Place
from tocsin.selftest.evidence import Evidence, Told
from tocsin.selftest.publish import PublishError, publish
from tocsin.selftest.record import Cause, LegName, Run
from tocsin.selftest.target import Target

BY: Final = "tocsin.self-test"
"""Who acknowledges a test alarm."""
_LOOK_S: Final = 0.05
_TIDY_S: Final = 20.0
"""For acknowledging and clearing."""

T = TypeVar("T")


class _LegFailedError(Exception):
    def __init__(self, leg: LegName, reason: str) -> None:
        super().__init__(reason)
        self.leg = leg


class SelfTest:
    """Make one for each run. In the event loop; the book is read in other threads."""

    def __init__(
        self,
        target: Target,
        book: Place,
        clock: Clock,
        act: Callable[[OperatorAction], None],
        within_s: float,
        over: Collection[str] = (),
    ) -> None:
        """`act` puts an action into the log."""
        self._target = target
        self._path = book
        self._clock = clock
        self._act = act
        self._within_s = within_s
        self._over = over
        self._legs: dict[LegName, float] = {}
        self._begun_s = clock.monotonic_s()
        self._deadline_s = self._begun_s + within_s
        self._told: Told | None = None
        self._alarms: list[str] = []

    async def run(self, cause: Cause) -> Run:
        """Go all the way; the outcome names the leg that failed, if one did. Then the alarm is over, if that can be."""
        begun_ms = self._clock.now_ms()
        alarm, failed = "", None
        try:
            evidence = await asyncio.to_thread(Evidence, self._path, self._target.point)
        except BookError as error:
            return Run(begun_ms, cause, False, failed="raised", reason=str(error))
        try:
            try:
                await self._begin_anew(evidence)
                await self._publish(1.0, "published")
                self._passed("published")
                alarm = await self._wait("raised", evidence.raised, "no alarm was raised from the reading")
                self._alarms.append(alarm)
                await self._follow(evidence, alarm)
            except _LegFailedError as error:
                failed = error
            try:
                await self._end(evidence)
            except _LegFailedError as error:
                failed = failed or error
        finally:
            await asyncio.to_thread(evidence.close)
        over = self._told.over if self._told is not None else ()
        leg, reason = (failed.leg, str(failed)) if failed is not None else (None, "")
        return Run(begun_ms, cause, failed is None, dict(self._legs), leg, reason, alarm, over)

    async def _begin_anew(self, evidence: Evidence) -> None:
        """An alarm that an earlier test left behind would keep a new one from being raised."""
        self._alarms = await asyncio.to_thread(evidence.left)
        if await asyncio.to_thread(evidence.any_in, self._alarms, ACTIVE):
            await self._publish(0.0, "published")
            none_active = partial(_none, evidence, self._alarms, ACTIVE)
            await self._wait("published", none_active, "the alarm of an earlier test does not clear")

    async def _follow(self, evidence: Evidence, alarm: str) -> None:
        """From the alarm to the last receipt."""

        def told() -> Told | None:
            self._told = found = evidence.told(alarm, self._over)
            if "queued" not in self._legs and found.queued:
                self._passed("queued")
            if "delivered" not in self._legs and found.delivered:
                self._passed("delivered")
            return found if found.failed or (found.delivered and found.confirmed is not False) else None

        try:
            found = await self._wait("delivered", told, "")
        except _LegFailedError:
            now = self._told or Told(False, False, None, (), waits="nobody is to be told")
            leg: LegName = "queued" if not now.queued else "confirmed" if now.delivered else "delivered"
            quiet = await asyncio.to_thread(_why_quiet, evidence, alarm) if leg == "queued" else ""
            raise _LegFailedError(leg, f"{now.waits}{quiet} (after {self._within_s:g} s)") from None
        if found.failed:
            raise _LegFailedError("confirmed" if found.delivered else "delivered", found.failed)
        if found.confirmed:
            self._passed("confirmed")

    async def _end(self, evidence: Evidence) -> None:
        """Acknowledge and clear what stands, so that no test alarm is left on a board."""
        self._deadline_s = self._clock.monotonic_s() + _TIDY_S
        asked: set[str] = set()

        def acknowledged() -> bool:
            standing = evidence.any_in(self._alarms, UNACKNOWLEDGED)
            for alarm in set(standing) - asked:
                self._act(OperatorAction(self._clock.now_ms(), "acknowledge", alarm, BY, "self-test"))
                asked.add(alarm)
            return not standing

        await self._wait("acknowledged", acknowledged, "its acknowledgement had no effect")
        if asked:
            self._passed("acknowledged")
        if await asyncio.to_thread(evidence.any_in, self._alarms, OPEN):
            await self._publish(0.0, "cleared")
            none_open = partial(_none, evidence, self._alarms, OPEN)
            await self._wait("cleared", none_open, "the alarm does not clear")
            self._passed("cleared")

    async def _publish(self, value: float, leg: LegName) -> None:
        target = self._target
        left_s = max(1.0, self._deadline_s - self._clock.monotonic_s())
        try:
            await publish(target.source, target.topic, target.key, value, left_s)
        except PublishError as error:
            raise _LegFailedError(leg, str(error)) from None

    async def _wait(self, leg: LegName, look: Callable[[], T | None], otherwise: str) -> T:
        """What `look` finds, as soon as it finds anything; it is asked in another thread."""
        while not (found := await asyncio.to_thread(look)):
            if self._clock.monotonic_s() > self._deadline_s:
                raise _LegFailedError(leg, otherwise)
            await asyncio.sleep(_LOOK_S)
        if leg == "raised":
            self._passed(leg)
        return found

    def _passed(self, leg: LegName) -> None:
        self._legs[leg] = round(self._clock.monotonic_s() - self._begun_s, 3)


def _none(evidence: Evidence, alarms: Collection[str], states: Collection[State]) -> bool:
    return not evidence.any_in(alarms, states)


def _why_quiet(evidence: Evidence, alarm: str) -> str:
    record = evidence.alarm(alarm)
    if record is None or record.state is State.CLOSED:
        return ""
    if record.override_kind is not None:
        return f": the alarm is {record.override_kind}"
    return ": the alarm is suppressed by design" if record.suppressed_by is not None else ""
