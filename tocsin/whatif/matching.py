"""Which alarm of one rule set is which of another (docs/reference/rules-diff.md)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from rules.events import AlarmEvent
from tocsin.whatif.spans import Key, Span, follow, key_of, raised_span, worse


class Change(StrEnum):
    """What became of an alarm."""

    NEW = "new"
    GONE = "gone"
    SPLIT = "split"
    """One more alarm during what was one alarm before."""
    MERGED = "merged"
    """One alarm fewer: another one stands during its time."""
    EARLIER = "earlier"
    LATER = "later"
    LOUDER = "louder"
    QUIETER = "quieter"
    ENDS_LATER = "ends_later"
    ENDS_SOONER = "ends_sooner"


MIRROR: Final = {
    Change.NEW: Change.GONE,
    Change.SPLIT: Change.MERGED,
    Change.EARLIER: Change.LATER,
    Change.LOUDER: Change.QUIETER,
    Change.ENDS_LATER: Change.ENDS_SOONER,
}
MIRROR.update({other: one for one, other in MIRROR.items()})
"""What each change is when before and after change places."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An alarm before, an alarm after, or one that is both; at least one is given. No changes: it is the same."""

    before: Span | None
    after: Span | None
    changes: tuple[Change, ...]

    @property
    def span(self) -> Span:
        """The alarm after, or where there is none, the one before."""
        span = self.after or self.before
        assert span is not None  # noqa: S101 - at least one is given
        return span

    @property
    def later_ms(self) -> int | None:
        """How much later it is raised after; None where it is not on both sides."""
        if self.before is None or self.after is None:
            return None
        return self.after.raised_at_ms - self.before.raised_at_ms


def pair_up(before: Sequence[Span], after: Sequence[Span]) -> Iterator[Pair]:
    """The alarms of one key, each side ascending, in pairs.

    In order of time the first alarms of both sides that stood at one time are one alarm. One that is left over is
    split (merged) where it stood during an alarm of the other side, else new (gone).
    """
    i = j = 0
    while i < len(before) or j < len(after):
        if i < len(before) and j < len(after) and before[i].overlaps(after[j]):
            yield Pair(before[i], after[j], tuple(_changes(before[i], after[j])))
            i, j = i + 1, j + 1
        elif j == len(after) or (i < len(before) and before[i].raised_at_ms < after[j].raised_at_ms):
            # Only the alarm just passed can still stand: those before it ended earlier.
            covered = j > 0 and before[i].overlaps(after[j - 1])
            yield Pair(before[i], None, (Change.MERGED if covered else Change.GONE,))
            i += 1
        else:
            covered = i > 0 and after[j].overlaps(before[i - 1])
            yield Pair(None, after[j], (Change.SPLIT if covered else Change.NEW,))
            j += 1


def _changes(before: Span, after: Span) -> Iterator[Change]:
    if after.raised_at_ms != before.raised_at_ms:
        yield Change.EARLIER if after.raised_at_ms < before.raised_at_ms else Change.LATER
    if after.severity != before.severity:
        yield Change.LOUDER if worse(after.severity, before.severity) else Change.QUIETER
    if after.ended_at_ms != before.ended_at_ms:
        sooner = before.ended_at_ms is None or (
            after.ended_at_ms is not None and after.ended_at_ms < before.ended_at_ms
        )
        yield Change.ENDS_SOONER if sooner else Change.ENDS_LATER


@dataclass(slots=True)
class _Stretch:
    """Alarms of one key, on either side, that may have to do with each other."""

    spans: tuple[list[Span], list[Span]] = field(default_factory=lambda: ([], []))

    @property
    def over_at_ms(self) -> int | None:
        """From when on nothing of it stands; None while something does."""
        over_ms = 0
        for side in self.spans:
            for last in side[-1:]:
                if last.ended_at_ms is None:
                    return None
                over_ms = max(over_ms, last.ended_at_ms, last.raised_at_ms + 1)
        return over_ms


class Matcher:
    """Takes the events of both sides as they come, and gives pairs as soon as they are certain.

    It holds one stretch of alarms for each key, so its memory goes with the points, not with the length of the feed.
    """

    def __init__(self) -> None:
        self._stretches: dict[Key, _Stretch] = {}

    def take(self, before: Iterable[AlarmEvent], after: Iterable[AlarmEvent]) -> Iterator[Pair]:
        """The events of the same entries under both rule sets."""
        both = [(event.at, side, event) for side, events in enumerate((before, after)) for event in events]
        for at_ms, side, event in sorted(both, key=lambda item: item[0]):
            key = key_of(event)
            stretch = self._stretches.get(key)
            if event.event != "raised":
                if stretch is not None:
                    follow(stretch.spans[side][-1], event)
                continue
            if stretch is not None:
                over_at_ms = stretch.over_at_ms
                if over_at_ms is not None and at_ms >= over_at_ms:
                    yield from pair_up(*stretch.spans)
                    stretch = None
            if stretch is None:
                stretch = self._stretches[key] = _Stretch()
            stretch.spans[side].append(raised_span(event))

    def finish(self) -> Iterator[Pair]:
        """What is left when the readings have ended, in order of rule, subject and side."""
        for key in sorted(self._stretches):
            yield from pair_up(*self._stretches[key].spans)
        self._stretches.clear()
