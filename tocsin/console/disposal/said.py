"""Disposals in words (pure): deadlines, steps, and why something can't be done."""

import re
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from alerts.disposal.machine import DisposalState
from alerts.disposal.record import Disposal, DisposalStep
from tocsin.console.disposal.words import DISPOSAL, REFUSALS, STATES
from tocsin.console.words import Language

_SUBMITTED_BY: Final = re.compile(r"(.+) submitted it: another person must verify")
_WORDS_OF_STEPS: Final = ("why", "text")


class Due(NamedTuple):
    """The deadline that comes next. `at_ms` is None once the disposal is closed."""

    which: Literal["assign", "close"]
    at_ms: int | None
    overdue: bool


class Line(NamedTuple):
    """A step as the page lists it. `sha256` is that of a piece of evidence."""

    at: int
    what: str
    by: str
    words: str
    sha256: str = ""
    image: bool = False
    name: str = ""


IMAGES: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
"""Kinds that are shown as pictures; all others are saved, not opened."""


def due_of(record: Disposal, now_ms: int) -> Due:
    """What is due next, and whether it is late."""
    if record.state is DisposalState.CLOSED:
        return Due("close", None, overdue=False)
    if record.state is DisposalState.OPEN and record.assign_by < record.close_by and record.overdue != "close":
        return Due("assign", record.assign_by, record.assign_by <= now_ms)
    return Due("close", record.close_by, record.close_by <= now_ms)


def span(ms: int, language: Language) -> str:
    """A span of time in its two largest parts."""
    words, s = STATES.said(language), abs(ms) // 1000
    if s >= 86_400:
        return words("days", d=s // 86_400, h=s % 86_400 // 3600)
    if s >= 3600:
        return words("hours", h=s // 3600, m=s % 3600 // 60)
    return words("minutes", m=s // 60, s=s % 60)


def refusal(reason: str, language: Language) -> str:
    """Why something was refused, in the language as far as it is known."""
    if language == "en":
        return reason
    by = _SUBMITTED_BY.fullmatch(reason)
    return f"由 {by[1]} 提交，需由另一人核实" if by else REFUSALS.get(reason, reason)


def line_of(step: DisposalStep, language: Language, causes: Mapping[str, str], names: Mapping[str, str]) -> Line:
    """A step in words. `causes` and `names` are code and contact -> words; what is in neither is shown as it is."""
    words, fields = DISPOSAL.said(language), step.fields
    given: dict[str, str] = {
        "to": names.get(fields.get("to", ""), fields.get("to", "")),
        "cause": causes.get(fields.get("code", ""), fields.get("code", "")),
        "name": fields.get("name", ""),
        "role": fields.get("role", ""),
        "of": fields.get("of", ""),
    }
    known = f"step_{step.name}"
    what = words(known, **given) if known in words else step.name
    said = next((fields[name] for name in _WORDS_OF_STEPS if fields.get(name)), "")
    by = names.get(step.by, step.by) or words["by_itself"]
    image = fields.get("kind", "") in IMAGES
    return Line(step.at, what, by, said, fields.get("sha256", ""), image, fields.get("name", ""))
