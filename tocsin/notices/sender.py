"""One channel's side of the dispatcher: quotas, one attempt at a time, and what comes of it."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Final

import structlog

from alerts.channels.port import Channel, Outcome
from alerts.quotas import Quotas
from tocsin.book.outbox import Outbox
from tocsin.book.outbox_rows import Again, Fate, Message, Owed
from tocsin.notices.compose import notice_of
from tocsin.notices.desk import Desk
from tocsin.notices.verdict import Circumstances, judge

SEND_TIMEOUT_S: Final = 120.0
"""Channels have time limits of their own; one that breaks its promise holds its recipient no longer than this."""

_log = structlog.get_logger(__name__)


class Sender:
    """Sends messages over one channel."""

    def __init__(self, channel: Channel, desk: Desk) -> None:
        self.channel = channel
        self.limits = channel.limits
        self._desk = desk
        self._quotas = Quotas((), 0.0)
        self._failing_since: dict[str, int] = {}

    async def restore(self) -> None:
        """Count what was sent before against the quotas."""
        quotas = Quotas(self.limits.quotas, self.limits.kept_for_red)
        since_ms = self._desk.clock.now_ms() - quotas.longest_ms
        sent = await self._desk.do(lambda outbox: outbox.sent_since(self.channel.name, since_ms))
        self._quotas = Quotas(self.limits.quotas, self.limits.kept_for_red, sent if self.limits.quotas else ())

    async def begin(self, contact: str, now_ms: int) -> Message | None:
        """What the contact is to be told now, written down already; None if nothing may go."""
        begun = await self._desk.do(
            lambda outbox: outbox.begin(
                self.channel.name,
                contact,
                now_ms,
                self.limits.most_items,
                lambda message: self._quotas.opens_at_ms(contact, message.urgent, now_ms),
            )
        )
        if begun is None:
            return None
        if begun.closed_until_ms is not None:
            await self.hold(begun.message, begun.closed_until_ms, now_ms)
            return None
        return begun.message

    def closed_until_ms(self, message: Message, now_ms: int) -> int | None:
        """When the quotas let it through, None if now."""
        opens_ms = self._quotas.opens_at_ms(message.contact, message.urgent, now_ms)
        return opens_ms if opens_ms > now_ms else None

    async def hold(self, message: Message, until_ms: int, now_ms: int) -> None:
        """Quotas let it through only then. What is urgent and has another way does not wait for that."""
        reason = f"the quota of {self.channel.name} is used up"
        closed = Outcome(False, error=reason, throttled=True, retry_after_s=(until_ms - now_ms) / 1000)
        fates = judge(message, closed, self.limits, self._desk.channels, Circumstances(now_ms, now_ms))
        gone: dict[Owed, Fate] = {row: fate for row, fate in fates.items() if not isinstance(fate, Again)}
        if gone:
            await self._desk.do(lambda outbox: outbox.move(gone, reason, now_ms, skipped=True))
            self._after(gone)
        waits: dict[Owed, Fate] = {row: fate for row, fate in fates.items() if isinstance(fate, Again)}
        if waits and not self.limits.bundles:  # a lane knows when it opens
            await self._desk.do(lambda outbox: outbox.move(waits, reason, now_ms))

    async def deliver(self, message: Message) -> None:
        """Try once, and write down what came of it."""
        desk, clock = self._desk, self._desk.clock
        began_ms = clock.now_ms()
        self._quotas.note(message.contact, began_ms)
        outcome = await self._try(message, began_ms)
        ended_ms = clock.now_ms()
        if outcome.delivered:
            self._failing_since.pop(message.contact, None)
            await desk.do(lambda outbox: outbox.record(message, outcome, ended_ms, {}))
            return
        if outcome.throttled:
            self._quotas.take_back(message.contact, began_ms)
        elif not outcome.permanent:
            self._failing_since.setdefault(message.contact, began_ms)
        fates = await desk.do(partial(self._fail, message, outcome, began_ms, ended_ms))
        self._after(fates)
        again = [fate for fate in fates.values() if isinstance(fate, Again)]
        _log.warning(
            "notice_failed" if again else "notice_passed_on_or_given_up",
            target=message.channel,
            contact=message.contact,
            id=message.id,
            attempt=message.rows[0].attempts + 1,
            error=outcome.error,
        )

    async def _try(self, message: Message, now_ms: int) -> Outcome:
        try:
            notice = await self._desk.do(lambda outbox: notice_of(outbox, message, self._desk.directory))
        except LookupError as error:
            return Outcome(False, error=str(error.args[0]), permanent=True)
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                outcome = await self.channel.send(notice, now_ms)
        except TimeoutError:
            return Outcome(False, error=f"the channel has not answered within {SEND_TIMEOUT_S:g} s")
        except Exception as error:  # one channel's mistake must not stop the others
            return Outcome(False, error=f"{type(error).__name__}: {error}")
        if not isinstance(outcome, Outcome):
            return Outcome(False, error=f"the channel answered with {type(outcome).__name__}")
        return outcome if outcome.delivered or outcome.error else replace(outcome, error="not delivered")

    def _fail(
        self, message: Message, outcome: Outcome, began_ms: int, ended_ms: int, outbox: Outbox
    ) -> dict[Owed, Fate]:
        """In the outbox's thread."""
        bundles = self.limits.bundles and bool(message.contact)
        seen = Circumstances(
            began_ms,
            ended_ms,
            self._failing_since.get(message.contact),
            outbox.throttles(message) if outcome.throttled else 0,
            outbox.fails_already(message) if bundles else True,
            self._desk.random(),
        )
        fates = judge(message, outcome, self.limits, self._desk.channels, seen)
        times = [fate.at_ms for fate in fates.values() if isinstance(fate, Again)]
        put_off_ms = min(times) if times and outcome.throttled else None
        outbox.record(message, outcome, ended_ms, fates, put_off_ms)
        return fates

    def _after(self, fates: dict[Owed, Fate]) -> None:
        if any(not isinstance(fate, Again) for fate in fates.values()):
            self._desk.moved()
            self._desk.failed.set()
