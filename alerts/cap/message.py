"""An alarm as one CAP 1.2 message (OASIS Standard CAP-V1.2, 2010).

How alarms map to the standard's words is ours (docs/reference/cap.md): red is Extreme, orange Severe, yellow
Moderate, blue Minor.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec

from alerts.cap.times import cap_time
from alerts.channels.port import Facts, Item, Language, Notice
from alerts.wording.measure import clean
from alerts.wording.saying import Saying, marks_of

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
CONTENT_TYPE: Final = "application/cap+xml"
_MOST_HEADLINE: Final = 160
"""What the standard advises for a headline."""

_SEVERITY: Final = {"red": "Extreme", "orange": "Severe", "yellow": "Moderate", "blue": "Minor"}
_URGENCY: Final = {"red": "Immediate", "orange": "Immediate", "yellow": "Expected", "blue": "Future"}
_CATEGORIES: Final = (("gas.toxic", "CBRNE"), ("ammonia", "CBRNE"), ("gas.", "Fire"), ("dust", "Fire"))
"""By the beginning of the point's kind, beside Safety."""
_LANGUAGES: Final[dict[Language, str]] = {"zh": "zh-CN", "en": "en-US"}
_WITHOUT_KIND: Final[dict[Language, str]] = {"zh": "安全生产告警", "en": "Work-safety alarm"}
_EVENT: Final[dict[Language, str]] = {"zh": "{kind}告警", "en": "{kind} alarm"}
_EXERCISE_NOTE: Final = "演练，非真实告警 / Exercise: not a real alarm"
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_IN_IDENTIFIER: Final = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True)
class Profile:
    """What all messages of one sender have in common."""

    sender: str
    """Who answers for the messages: a domain or an address, without blanks and commas."""
    sender_name: str = ""
    scope: Literal["Public", "Restricted"] = "Restricted"
    restriction: str = ""
    """For whom it is, where the scope is Restricted."""
    languages: tuple[Language, ...] = ("zh", "en")
    valid_s: float = 86_400.0
    """After this long a message expires, if no other one updates it."""
    radius_km: float = 1.0
    """Of the circle around the unit or enterprise."""
    geocode: Mapping[str, str] = field(default_factory=dict)
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """An earlier message of the same alarm. `sent` is as it stands in the message."""

    sender: str
    identifier: str
    sent: str

    def __str__(self) -> str:
        return f"{self.sender},{self.identifier},{self.sent}"


def identifier_of(item: Item, exercise: bool) -> str:
    """The message's name: of the event, so that telling it again is the same message."""
    return ("exercise." if exercise else "") + _NOT_IN_IDENTIFIER.sub("-", item.id)


def cap_message(
    notice: Notice, item: Item, profile: Profile, references: Sequence[Reference], sent_at_ms: int
) -> bytes:
    """The XML of one item of a notice. `references` are the earlier messages of its alarm, the oldest first."""
    first = Saying(item, "zh")
    alert = Element("alert", xmlns=NAMESPACE)
    _add(alert, "identifier", identifier_of(item, notice.exercise))
    _add(alert, "sender", profile.sender)
    _add(alert, "sent", cap_time(sent_at_ms, first.facts.zone))
    _add(alert, "status", "Exercise" if notice.exercise else "Test" if item.purpose == "test" else "Actual")
    _add(alert, "msgType", _type(first, references))
    _add(alert, "scope", profile.scope)
    if profile.scope == "Restricted":
        _add(alert, "restriction", profile.restriction)
    if notice.exercise:
        _add(alert, "note", _EXERCISE_NOTE)
    if references:
        _add(alert, "references", " ".join(map(str, references)))
    for language in profile.languages:
        _add_info(alert, Saying(item, language), marks_of(notice, language), language, profile, sent_at_ms)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(alert, encoding="unicode")}\n'.encode()


def _type(saying: Saying, references: Sequence[Reference]) -> str:
    """Only what has been said can be updated or called off."""
    if not references:
        return "Alert"
    return "Cancel" if saying.over else "Update"


def _add_info(
    alert: Element, saying: Saying, marks: str, language: Language, profile: Profile, sent_at_ms: int
) -> None:
    facts = saying.facts
    info = SubElement(alert, "info")
    _add(info, "language", _LANGUAGES[language])
    for category in _categories(facts.kind):
        _add(info, "category", category)
    kind = saying.words.kind_name(facts.kind)
    event = _EVENT[language].format(kind=kind) if kind else _WITHOUT_KIND[language]
    _add(info, "event", event[:1].upper() + event[1:])
    _add(info, "responseType", "AllClear" if saying.over else "Execute" if saying.guidance() else "Monitor")
    _add(info, "urgency", "Past" if saying.over or saying.late else _URGENCY.get(facts.severity, "Unknown"))
    _add(info, "severity", _SEVERITY.get(facts.severity, "Unknown"))
    _add(info, "certainty", _certainty(saying))
    _add(info, "onset", cap_time(facts.raised_at_ms, facts.zone))
    _add(info, "expires", cap_time(sent_at_ms + round(profile.valid_s * 1000), facts.zone))
    if profile.sender_name:
        _add(info, "senderName", profile.sender_name)
    parts = [saying.what(), saying.place(), saying.about()]
    joined = "，" if language == "zh" else ", "
    _add(info, "headline", clean(marks + joined.join(part for part in parts if part), _MOST_HEADLINE))
    _add(info, "description", _description(saying))
    if saying.guidance():
        _add(info, "instruction", saying.guidance())
    if profile.contact:
        _add(info, "contact", profile.contact)
    for name, value in _parameters(facts):
        _add_pair(info, "parameter", name, value)
    _add_area(info, saying, profile)


def _categories(kind: str) -> list[str]:
    return ["Safety", *[name for beginning, name in _CATEGORIES if kind.startswith(beginning)][:1]]


def _certainty(saying: Saying) -> str:
    """A reading beyond its limit is observed; what a line foretells is likely; without data nobody knows."""
    if saying.facts.side == "degraded":
        return "Unknown"
    try:
        foretold = "forecast" in msgspec.json.decode(saying.item.event, type=dict[str, object])
    except msgspec.MsgspecError:
        return "Unknown"
    return "Likely" if foretold else "Observed"


def _description(saying: Saying) -> str:
    words = saying.words
    said = (saying.rule_words(), saying.value(), f"{words.time}{words.colon}{saying.time()}")
    return "\n".join(line for line in said if line)


def _parameters(facts: Facts) -> list[tuple[str, str]]:
    """The figures, for programs."""
    found = [("rule", facts.rule), ("level", facts.level), ("subject", facts.subject_name), ("unit", facts.unit_symbol)]
    found += [
        (name, repr(value)) for name, value in (("value", facts.value), ("limit", facts.limit)) if value is not None
    ]
    return [(f"tocsin:{name}", value) for name, value in found if value]


def _add_area(info: Element, saying: Saying, profile: Profile) -> None:
    facts = saying.facts
    area = SubElement(info, "area")
    names = (facts.region_name, saying.place())
    _add(area, "areaDesc", " ".join(clean(name) for name in names if name) or clean(facts.subject_name) or "-")
    if facts.lat is not None and facts.lon is not None:
        _add(area, "circle", f"{facts.lat:.6f},{facts.lon:.6f} {profile.radius_km:g}")
    for name, value in profile.geocode.items():
        _add_pair(area, "geocode", name, value)


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = _NOT_XML.sub("", text)


def _add_pair(parent: Element, name: str, key: str, value: str) -> None:
    pair = SubElement(parent, name)
    _add(pair, "valueName", key)
    _add(pair, "value", value)
