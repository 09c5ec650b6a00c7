"""Two configurations over one recording, read once."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from plant.entries import Readings
from rules.engine import Engine, make_plan
from rules.events import AlarmEvent
from tocsin.configuration import Configured
from tocsin.whatif.matching import Change, Matcher, Pair
from tocsin.whatif.recording import Advance, Recording
from tocsin.whatif.rule_changes import ItemChange, point_changes, rule_changes
from tocsin.whatif.spans import SEVERITIES
from tocsin.whatif.tally import Tally, raised_since

MOST_LISTED: Final = 1000
"""So many differences are kept one by one, the worst first; all are counted."""

_LOSS_FIRST: Final = (
    Change.GONE,
    Change.QUIETER,
    Change.LATER,
    Change.NEW,
    Change.LOUDER,
    Change.EARLIER,
    Change.MERGED,
    Change.SPLIT,
    Change.ENDS_SOONER,
    Change.ENDS_LATER,
)


@dataclass(slots=True)
class Diff:
    """What the rules `after` would have done differently from those `before`. Times are ms since the epoch."""

    before: Configured
    after: Configured
    rules: list[ItemChange]
    points: list[ItemChange]
    unheard: list[str]
    """Points that only one side has and the recording knows nothing of: their alarms are left out."""
    from_ms: int = 0
    end_ms: int = 0
    """The stretch of time: the clock when it began and when it ended."""
    readings: int = 0
    total: Tally = field(default_factory=Tally)
    by_rule: dict[str, Tally] = field(default_factory=dict)
    by_enterprise: dict[str, Tally] = field(default_factory=dict)
    listed: list[Pair] = field(default_factory=list)
    """The worst differences, the worst first."""
    not_listed: int = 0

    @property
    def stretch_ms(self) -> int:
        return self.end_ms - self.from_ms

    @property
    def same(self) -> bool:
        """Whether every alarm is the same before and after."""
        return not self.total.changes


def run_diff(
    recording: Recording,
    before: Configured,
    after: Configured,
    window_ms: tuple[int | None, int | None] = (None, None),
    advance: Advance = lambda done, total: None,
    most_listed: int = MOST_LISTED,
) -> Diff:
    """Decide the recording under both.

    It is decided from its beginning up to the window's end; of the alarms those count that were raised in the window,
    on either side. Raises what reading the recording raises.
    """
    diff = Diff(
        before,
        after,
        rule_changes(before.rules, after.rules),
        point_changes(before.site, after.site),
        sorted((before.site.points.keys() ^ after.site.points.keys()) - recording.heard()),
    )
    unheard = frozenset(diff.unheard)
    engines = [Engine(make_plan(c.site, c.rules, recording.registry)) for c in (before, after)]
    first_ms, last_ms = window_ms
    matcher, listing = Matcher(), _Listing(most_listed)
    for entries in recording.entries(last_ms, advance):
        if not diff.end_ms:
            diff.from_ms = entries[0].received_at_ms if first_ms is None else first_ms
        diff.end_ms = entries[-1].received_at_ms
        diff.readings += sum(len(entry.batch) for entry in entries if isinstance(entry, Readings))
        events = [list(_heard(engine.apply(entries), unheard)) for engine in engines]
        _count(diff, matcher.take(*events), listing, first_ms)
    diff.end_ms = max(diff.end_ms, diff.from_ms)
    _count(diff, matcher.finish(), listing, first_ms)
    diff.listed, diff.not_listed = listing.worst_first(), listing.left_out
    return diff


def _heard(events: list[AlarmEvent], unheard: frozenset[str]) -> Iterator[AlarmEvent]:
    return (event for event in events if event.subject not in unheard)


def _count(diff: Diff, pairs: Iterator[Pair], listing: "_Listing", first_ms: int | None) -> None:
    for pair in pairs:
        if not any(span is not None and raised_since(span, first_ms) for span in (pair.before, pair.after)):
            continue
        span = pair.span
        tallies = (
            diff.total,
            diff.by_rule.setdefault(span.rule, Tally()),
            diff.by_enterprise.setdefault(span.enterprise, Tally()),
        )
        for tally in tallies:
            tally.add(pair, first_ms, diff.end_ms)
        if pair.changes:
            listing.add(pair, diff.end_ms)


class _Listing:
    """Keeps the worst pairs: red before orange, within a severity what is lost before what is won, then the longest."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._heap: list[tuple[tuple[int, int, int, int], int, Pair]] = []
        self._number = 0
        self.left_out = 0

    def add(self, pair: Pair, end_ms: int) -> None:
        spans = [span for span in (pair.before, pair.after) if span is not None]
        badness = (
            -min(SEVERITIES.index(span.severity) for span in spans),
            -min(_LOSS_FIRST.index(change) for change in pair.changes),
            max(span.length_ms(end_ms) for span in spans),
            -min(span.raised_at_ms for span in spans),
        )
        self._number += 1
        heapq.heappush(self._heap, (badness, -self._number, pair))
        if len(self._heap) > self._most:
            heapq.heappop(self._heap)
            self.left_out += 1

    def worst_first(self) -> list[Pair]:
        return [pair for _, _, pair in sorted(self._heap, reverse=True, key=lambda item: item[:2])]
