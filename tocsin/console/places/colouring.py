"""How the colour of a place looks: what its alarms say, and what it could do (pure)."""

import re
from collections.abc import Iterable
from html import escape
from typing import Final

from tocsin.console.colours import Colour, badge, colour_of
from tocsin.console.places.kinds import point_kind, unit_kind
from tocsin.console.places.words import SHARED
from tocsin.console.words import Language

_SEVERITIES: Final = {"no_data": "none", "normal": "normal"}


def severity_of(colour: str) -> str:
    """The name under which the colour of a place (alerts.risk) is drawn."""
    return _SEVERITIES.get(colour, colour)


def state_colour(colour: str) -> Colour:
    return colour_of(severity_of(colour))


def state_badge(colour: str, language: Language, count: int = 0) -> str:
    """HTML: shape, word, and how many alarms are on."""
    found = state_colour(colour)
    text = f"{found.word(language)} {count}" if count else found.word(language)
    return badge(severity_of(colour), language, text)


def inherent_badge(colour: str | None, language: Language) -> str:
    """HTML: shape and word in an outline; places without a grade say so."""
    if colour is None or colour == "ungraded":
        return f'<span class="p-soft">{escape(SHARED.said(language)["ungraded"])}</span>'
    found = colour_of(colour)
    dot = f'<span class="p-dot severity-{escape(colour)}" aria-hidden="true">{found.shape}</span>'
    return f'<span class="p-inherent">{dot} {escape(found.word(language))}</span>'


def because_words(because: Iterable[str], language: Language) -> list[str]:
    """Why a place has its inherent grade (alerts.risk.Inherent), in words."""
    return [_said(fact, language) for fact in because]


def _said(fact: str, language: Language) -> str:
    words = SHARED.said(language)
    if found := re.fullmatch(r"level (\d)", fact):
        return words("because_level", level=found[1])
    if found := re.fullmatch(r"kind (\S+)", fact):
        return unit_kind(found[1], language)
    if found := re.fullmatch(r"(\S+) people at (\S+)", fact):
        return words("because_people", count=found[1], point=found[2])
    if found := re.fullmatch(r"(permit\.\S+) at (\S+)", fact):
        return words("because_permit", kind=point_kind(found[1], language), point=found[2])
    return fact
