"""A feed of CAP messages in Atom (RFC 4287), as the readers of such feeds expect it (pure)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from alerts.cap.message import CONTENT_TYPE as CAP_TYPE
from alerts.cap.reading import Summary

CONTENT_TYPE: Final = "application/atom+xml"
NAMESPACE: Final = "http://www.w3.org/2005/Atom"


def atom_feed(
    base_url: str, title: str, messages: Sequence[tuple[str, Summary]], updated_at_ms: int, query: str = ""
) -> bytes:
    """The feed of (identifier, summary), the newest first. `base_url` is the folder in which `feed.atom` and the
    messages lie; `query` is added to their addresses.
    """
    feed = Element("feed", xmlns=NAMESPACE)
    _add(feed, "id", f"{base_url}/feed.atom")
    _add(feed, "title", title)
    _add(feed, "updated", _time(messages[0][1].sent_at_ms if messages else updated_at_ms))
    SubElement(feed, "link", rel="self", href=f"{base_url}/feed.atom{query}", type=CONTENT_TYPE)
    _add(SubElement(feed, "author"), "name", messages[0][1].reference.sender if messages else title)
    for identifier, summary in messages:
        entry = SubElement(feed, "entry")
        address = f"{base_url}/{identifier}.xml"
        _add(entry, "id", address)
        _add(entry, "title", summary.headline or identifier)
        _add(entry, "updated", _time(summary.sent_at_ms))
        SubElement(entry, "link", rel="alternate", type=CAP_TYPE, href=address + query)
        SubElement(entry, "category", term=summary.type)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(feed, encoding="unicode")}\n'.encode()


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
