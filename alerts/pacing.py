"""How often one recipient is told over one channel: the first notice at once, what follows it closely together (pure).

Each kind of notice has a gap of its own, so that a flood of yellow ones holds no red one back. A gap that is followed
by the next message at once doubles; one that nobody waited for begins anew. So however many alarms come, the number
of messages grows with time alone: 10,000 alarms in a second are two messages, plus those that name every notice of a
never-suppress level.
"""

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

Kind = Literal["named", "urgent", "other", "digest"]
"""named: of a never-suppress level. urgent: red. digest: gathered beforehand, a message for each bundle."""

KINDS: Final[tuple[Kind, ...]] = ("named", "urgent", "other", "digest")

GAPS_MS: Final[dict[Kind, tuple[int, int]]] = {
    "named": (5_000, 60_000),
    "urgent": (5_000, 60_000),
    "other": (60_000, 300_000),
    "digest": (5_000, 5_000),
}
"""The first gap after a message, and the longest."""


class Gap(NamedTuple):
    """No further message of its kind before `opens_at_ms`; `gap_ms` is how long the wait before that was."""

    opens_at_ms: int = 0
    gap_ms: int = 0


class Pace(NamedTuple):
    """Where one recipient stands on one channel."""

    named: Gap = Gap()
    urgent: Gap = Gap()
    other: Gap = Gap()
    digest: Gap = Gap()

    def of(self, kind: Kind) -> Gap:
        gap: Gap = getattr(self, kind)
        return gap

    def after(self, kinds: frozenset[Kind], now_ms: int) -> "Pace":
        """The pace once a message with notices of `kinds` has gone out."""
        return self._replace(**{kind: _next(self.of(kind), kind, now_ms) for kind in kinds})

    def put_off(self, until_ms: int, kinds: Iterable[Kind] = KINDS) -> "Pace":
        """The pace where a limit of the channel lets none of these kinds through before then."""
        later = {kind: self.of(kind)._replace(opens_at_ms=max(until_ms, self.of(kind).opens_at_ms)) for kind in kinds}
        return self._replace(**later)


def _next(gap: Gap, kind: Kind, now_ms: int) -> Gap:
    first_ms, longest_ms = GAPS_MS[kind]
    if now_ms < gap.opens_at_ms:  # it went along with a more urgent one
        return Gap(now_ms + max(gap.gap_ms, first_ms), max(gap.gap_ms, first_ms))
    in_a_flood = gap.gap_ms > 0 and now_ms < gap.opens_at_ms + gap.gap_ms
    gap_ms = min(2 * gap.gap_ms, longest_ms) if in_a_flood else first_ms
    return Gap(now_ms + gap_ms, gap_ms)
