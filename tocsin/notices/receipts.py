"""Receipts: asked of providers from time to time, or pushed by them."""

import asyncio
from typing import Final

import structlog

from alerts.channels.port import Receipt, TellsReceipts
from tocsin.book.outbox import Outbox
from tocsin.book.outbox_rows import Fate, Owed
from tocsin.notices.desk import Desk
from tocsin.notices.verdict import next_way

EVERY_S: Final = 30.0
ASKED_FOR_MS: Final = 72 * 3600 * 1000
"""A provider is asked for news of a message for so long."""

_TIMEOUT_S: Final = 60.0

_log = structlog.get_logger(__name__)


async def poll(name: str, channel: TellsReceipts, desk: Desk) -> None:
    """Ask for news until cancelled."""
    while True:
        await asyncio.sleep(EVERY_S)
        await ask(name, channel, desk)


async def ask(name: str, channel: TellsReceipts, desk: Desk) -> None:
    """Ask for news of what is pending, once."""
    now_ms = desk.clock.now_ms()
    waiting = await desk.do(lambda outbox: outbox.pending_receipts(name, now_ms - ASKED_FOR_MS))
    if not waiting:
        return
    phones = {contact: _phone(desk, contact, name) for contact in {one.contact for one in waiting}}
    asked = [(one.provider_id, phones[one.contact], one.sent_at_ms) for one in waiting]
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            news = await channel.receipts(asked, now_ms)
    except Exception as error:  # one channel's mistake must not stop the others
        _log.warning("receipts_not_told", target=name, error=f"{type(error).__name__}: {error}")
        return
    for receipt in news:
        await take(name, receipt, desk)


async def take(name: str, receipt: Receipt, desk: Desk) -> None:
    """Write a receipt down. What is urgent and did not reach the person goes the next way."""
    fates = await desk.do(lambda outbox: _note(outbox, name, receipt, desk))
    if fates:
        _log.warning("notice_not_received", target=name, provider_id=receipt.provider_id, reason=receipt.text)
        desk.moved()
        desk.failed.set()


def _note(outbox: Outbox, name: str, receipt: Receipt, desk: Desk) -> dict[Owed, Fate]:
    """In the outbox's thread."""
    now_ms = desk.clock.now_ms()
    rows = outbox.note_receipt(name, receipt)
    fates = {row: next_way(row, desk.channels, now_ms) for row in rows if row.urgent or row.named}
    if fates:
        outbox.move(fates, f"{name}: not received: {receipt.text}".removesuffix(": "), now_ms)
    return fates


def _phone(desk: Desk, contact: str, channel: str) -> str:
    recipient = desk.directory.recipient(contact, channel) if desk.directory is not None else None
    return (recipient.phone or "") if recipient is not None else ""
