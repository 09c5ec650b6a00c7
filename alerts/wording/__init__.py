"""What a person is told, in words: pure functions from a notice to texts in Chinese and English."""

from alerts.wording.facts import FIELDS, FactsOf, facts_of, fields_of
from alerts.wording.html import html
from alerts.wording.language import language_of
from alerts.wording.markdown import Dialect, markdown
from alerts.wording.measure import characters, cut, json_bytes, ucs2, utf8
from alerts.wording.texts import full_text, short_text, spoken, title

__all__ = [
    "FIELDS",
    "Dialect",
    "FactsOf",
    "characters",
    "cut",
    "facts_of",
    "fields_of",
    "full_text",
    "html",
    "json_bytes",
    "language_of",
    "markdown",
    "short_text",
    "spoken",
    "title",
    "ucs2",
    "utf8",
]
