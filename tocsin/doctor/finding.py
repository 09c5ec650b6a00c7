"""What a check found. Words come later, in the reader's language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

Fact = str | int | float


class Verdict(StrEnum):
    OK = "ok"
    WARN = "warn"
    """It works, and somebody should look at it."""
    BAD = "bad"
    """Something doesn't work: alarms, their history or word of them is lost or held up."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` names the words (tocsin.doctor.words), `facts` are what they speak of."""

    verdict: Verdict
    check: str
    code: str
    subject: str = ""
    """Which of several: a broker, a channel."""
    facts: Mapping[str, Fact] = field(default_factory=dict)


class Check(NamedTuple):
    """One thing to look at. `look` may block: whoever calls it keeps the deadline."""

    name: str
    look: Callable[[], list[Finding]]
    subject: str = ""


def ok(check: str, code: str, subject: str = "", **facts: Fact) -> Finding:
    return Finding(Verdict.OK, check, code, subject, facts)


def warn(check: str, code: str, subject: str = "", **facts: Fact) -> Finding:
    return Finding(Verdict.WARN, check, code, subject, facts)


def bad(check: str, code: str, subject: str = "", **facts: Fact) -> Finding:
    return Finding(Verdict.BAD, check, code, subject, facts)
