"""A message becomes a notice: the events of its rows, and what a text says of them."""

import msgspec
import structlog

from alerts.channels.port import Facts, Item, Notice, Recipient
from tocsin.book.outbox import Content, Outbox
from tocsin.book.outbox_rows import Message, Owed
from tocsin.notices.directory import Directory

_log = structlog.get_logger(__name__)


def notice_of(outbox: Outbox, message: Message, directory: Directory | None) -> Notice:
    """What is sent. LookupError if nobody of the contact's id is known, or the book has none of the events.

    An event that the book does not have is left out. FencedError where another process has taken over the sending.
    """
    outbox.check_fence()
    recipient = None
    if message.contact:
        recipient = directory.recipient(message.contact, message.channel) if directory is not None else None
        if recipient is None:
            raise LookupError(f"nobody is known as {message.contact}")
    found = zip(message.rows, outbox.contents(message.rows), strict=True)
    items = tuple(_item(row, content, recipient, directory) for row, content in found if content is not None)
    if not items:
        raise LookupError("the alarm book has no such event")
    exercise = any(msgspec.json.decode(item.event).get("exercise") is True for item in items[:1])
    return Notice(
        message.id, items, recipient, message.urgent, exercise and bool(message.contact), _more(message, items)
    )


def _more(message: Message, items: tuple[Item, ...]) -> int:
    return len(message.all) - len(items)


def _item(row: Owed, content: Content, recipient: Recipient | None, directory: Directory | None) -> Item:
    event = msgspec.json.decode(content.form)
    facts: Facts | None = None
    link = reply_code = ""
    distance_m = None
    if directory is not None and content.record is not None:
        try:
            facts = directory.facts(content.record, event, row.route)
            if recipient is not None:
                link = directory.link(row.contact, row.alarm, str(event["level"]))
                reply_code = directory.reply_code(row.contact, row.alarm, str(event["level"]))
            if row.purpose == "neighbour":
                distance_m = directory.distance_m(row.contact, content.record)
        except Exception as error:  # a mistake in what a text is made of must not keep the alarm from anybody
            _log.error("facts_broken", alarm=row.alarm, error=f"{type(error).__name__}: {error}")
    return Item(
        row.event_id,
        content.name,
        event["enterprise"],
        event["subject"],
        content.at_ms,
        content.form.encode(),
        row.purpose,
        facts,
        row.named,
        link,
        reply_code,
        distance_m,
    )
