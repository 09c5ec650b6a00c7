"""Keeps one channel served: who is due, and how many at a time."""

import asyncio

from tocsin.book.outbox_rows import Message
from tocsin.notices.desk import Desk
from tocsin.notices.sender import Sender


async def serve_singly(sender: Sender, wake: asyncio.Event, desk: Desk, concurrency: int) -> None:
    """An event a message. Alarms with one on its way to a contact are left alone, so their order is kept."""
    name = sender.channel.name
    busy: set[tuple[str, str]] = set()
    async with asyncio.TaskGroup() as sends:
        while not desk.stopping:
            wake.clear()
            now_ms = desk.clock.now_ms()
            limit = concurrency + len(busy)
            for message in await desk.do(lambda outbox: outbox.due(name, now_ms, limit)):  # noqa: B023 - awaited here
                key = message.contact, message.rows[0].alarm
                if key in busy or len(busy) >= concurrency:
                    continue
                closed_until_ms = sender.closed_until_ms(message, now_ms)
                if closed_until_ms is not None:
                    await sender.hold(message, closed_until_ms, now_ms)
                    continue
                busy.add(key)
                sends.create_task(_deliver(sender, message, busy, key, wake))
            next_at_ms = await desk.do(lambda outbox: outbox.next_at_ms(name, now_ms))  # noqa: B023 - awaited here
            await desk.sleep(wake, next_at_ms)


async def serve_bundled(sender: Sender, wake: asyncio.Event, desk: Desk, concurrency: int) -> None:
    """Several events a message, one message to a recipient at a time."""
    name = sender.channel.name
    busy: set[tuple[str, str]] = set()
    async with asyncio.TaskGroup() as sends:
        while not desk.stopping:
            wake.clear()
            now_ms = desk.clock.now_ms()
            limit = concurrency + len(busy)
            looked_at_all = True
            for contact in await desk.do(lambda outbox: outbox.ready(name, now_ms, limit)):  # noqa: B023 - awaited here
                key = contact, ""
                if key in busy or len(busy) >= concurrency:
                    continue
                message = await sender.begin(contact, now_ms)
                if message is None:
                    looked_at_all = False
                    continue
                busy.add(key)
                sends.create_task(_deliver(sender, message, busy, key, wake))
            if not looked_at_all:
                continue  # others may have been behind those for whom nothing was due
            next_at_ms = await desk.do(lambda outbox: outbox.next_ready(name, now_ms))  # noqa: B023 - awaited here
            await desk.sleep(wake, next_at_ms)


async def _deliver(
    sender: Sender, message: Message, busy: set[tuple[str, str]], key: tuple[str, str], wake: asyncio.Event
) -> None:
    await sender.deliver(message)
    busy.discard(key)
    wake.set()
