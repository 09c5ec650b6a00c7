"""Counting alarms before and after, and what became of them."""

from collections import Counter
from dataclasses import dataclass, field

from tocsin.whatif.matching import Change, Pair
from tocsin.whatif.spans import Span

DAY_MS = 86_400_000
HOUR_MS = 3_600_000


@dataclass(slots=True)
class Side:
    """The alarms of one side. An alarm counts with the worst severity it had."""

    by_severity: Counter[str] = field(default_factory=Counter)
    standing_ms: int = 0
    """The time that all its alarms stood, added up."""

    @property
    def alarms(self) -> int:
        return self.by_severity.total()

    @property
    def alarm_hours(self) -> float:
        return self.standing_ms / HOUR_MS

    def per_day(self, stretch_ms: int) -> float:
        """Alarms in a day of a stretch of time."""
        return self.alarms * DAY_MS / max(1, stretch_ms)

    def add(self, span: Span, end_ms: int) -> None:
        """Count an alarm, until `end_ms` if it still stands."""
        self.by_severity[span.severity] += 1
        self.standing_ms += span.length_ms(end_ms)


@dataclass(slots=True)
class Tally:
    """Both sides, and how many alarms went which way; an alarm can be earlier and louder at once."""

    before: Side = field(default_factory=Side)
    after: Side = field(default_factory=Side)
    changes: Counter[Change] = field(default_factory=Counter)

    def add(self, pair: Pair, from_ms: int | None, end_ms: int) -> None:
        """Count a pair; of its alarms those raised from `from_ms` on (None: all)."""
        for side, span in ((self.before, pair.before), (self.after, pair.after)):
            if span is not None and raised_since(span, from_ms):
                side.add(span, end_ms)
        self.changes.update(pair.changes)


def raised_since(span: Span, from_ms: int | None) -> bool:
    """Whether an alarm was raised from a time on (None: any)."""
    return from_ms is None or span.raised_at_ms >= from_ms
