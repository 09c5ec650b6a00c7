"""A short message that somebody sent back: its code acknowledges the alarm that it was made for."""

from typing import TYPE_CHECKING

import structlog

from alerts.channels.phone import masked
from alerts.channels.port import Reply
from alerts.channels.replies import reply_of
from alerts.links import Links
from alerts.reply_match import Match, match

if TYPE_CHECKING:
    from tocsin.answers.pages import Desk

_log = structlog.get_logger(__name__)


def take_reply(desk: "Desk", links: Links, channel: str, reply: Reply) -> None:
    """Acknowledge what a reply's code stands for; whatever else it is, is logged. May block; UnavailableError if
    nobody took it.
    """
    asked = reply_of(reply.text)
    if asked is None:
        _log.info("reply_without_code", channel=channel, phone=masked(reply.phone))
        return
    contacts = {contact.contact: contact for contact in desk.contacts_with(reply.phone)}
    found = match(links, asked[1], list(contacts), desk.unacknowledged()) if contacts else "unknown"
    if not isinstance(found, Match):
        _log.warning("reply_not_taken", channel=channel, phone=masked(reply.phone), reason=found)
        return
    refused = desk.acknowledge(found.alarm, contacts[found.contact], masked(reply.text[:200]))
    _log.info("answered", alarm=found.alarm, by=found.contact, refused=refused, channel=channel)
