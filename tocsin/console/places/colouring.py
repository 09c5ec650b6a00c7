"""How the colour of a place looks: what its alarms say, and what it could do (pure)."""

from html import escape
from typing import Final

from tocsin.console.colours import Colour, badge, colour_of
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
