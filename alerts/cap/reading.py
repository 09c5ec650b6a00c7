"""What is needed of CAP messages that Tocsin has written: for references, and for the feed."""

from dataclasses import dataclass
from xml.etree.ElementTree import ParseError, fromstring

from alerts.cap.message import NAMESPACE, Reference
from alerts.cap.times import cap_ms


@dataclass(frozen=True, slots=True)
class Summary:
    """The head of a message, and the headline of its first language."""

    reference: Reference
    sent_at_ms: int
    type: str
    scope: str
    headline: str


def summary_of(xml: bytes) -> Summary:
    """Of a message of our own. ValueError if it is none. Never give it what others have written: it trusts the XML."""
    try:
        alert = fromstring(xml)  # noqa: S314 - of our own folder
    except ParseError as error:
        raise ValueError(f"no XML: {error}") from None
    names = {"cap": NAMESPACE}
    texts = {
        name: alert.findtext(path, "", names)
        for name, path in {
            "sender": "cap:sender",
            "identifier": "cap:identifier",
            "sent": "cap:sent",
            "type": "cap:msgType",
            "scope": "cap:scope",
            "headline": "cap:info/cap:headline",
        }.items()
    }
    reference = Reference(texts["sender"], texts["identifier"], texts["sent"])
    return Summary(reference, cap_ms(texts["sent"]), texts["type"], texts["scope"], texts["headline"])
