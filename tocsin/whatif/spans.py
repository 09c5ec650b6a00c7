"""Alarms as spans of time, put together from their events."""

from dataclasses import dataclass
from typing import Final

from rules.events import AlarmEvent

Key = tuple[str, str, str]
"""(rule, subject, side): at most one alarm of a key stands at a time."""

SEVERITIES: Final = ("red", "orange", "yellow", "blue")
"""From worst to least."""


def key_of(event: AlarmEvent) -> Key:
    """What an event's alarm is an alarm of."""
    return event.rule, event.subject, event.side


def worse(one: str, other: str) -> bool:
    """Whether the first severity is worse than the second."""
    return SEVERITIES.index(one) < SEVERITIES.index(other)


@dataclass(slots=True)
class Span:
    """One alarm from raised to cleared, in ms since the epoch; `ended_at_ms` is None while it stands."""

    alarm: str
    rule: str
    subject: str
    side: str
    enterprise: str
    raised_at_ms: int
    ended_at_ms: int | None
    level: str
    """The level it had when it was at its worst."""
    severity: str
    """The worst it had."""
    value: float | None
    limit: float | None

    @property
    def key(self) -> Key:
        return self.rule, self.subject, self.side

    def overlaps(self, other: "Span") -> bool:
        """Whether both stood at one time. Spans hold their start and not their end; an empty one counts as 1 ms."""
        return _before(self.raised_at_ms, other) and _before(other.raised_at_ms, self)

    def length_ms(self, end_ms: int) -> int:
        """How long it stood, until `end_ms` if it still does."""
        return max(0, (end_ms if self.ended_at_ms is None else self.ended_at_ms) - self.raised_at_ms)


def _before(at_ms: int, span: Span) -> bool:
    return span.ended_at_ms is None or at_ms < max(span.ended_at_ms, span.raised_at_ms + 1)


def raised_span(event: AlarmEvent) -> Span:
    """The span that a `raised` event begins."""
    return Span(
        event.alarm,
        event.rule,
        event.subject,
        event.side,
        event.enterprise,
        event.at,
        None,
        event.level,
        event.severity,
        event.value,
        event.limit,
    )


def follow(span: Span, event: AlarmEvent) -> None:
    """Take a later event of the span's alarm in."""
    if event.event == "cleared":
        span.ended_at_ms = event.at
    elif event.event == "upgraded" and worse(event.severity, span.severity):
        span.level, span.severity = event.level, event.severity
