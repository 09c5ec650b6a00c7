"""What becomes of a message that was not delivered: the same way again, the next one, or none (pure)."""

from collections.abc import Collection
from typing import Final, NamedTuple

from alerts.backoff import delay_s
from alerts.channels.port import Limits, Outcome
from tocsin.book.outbox_rows import Again, Dead, Fate, Message, Owed, PassOn

URGENT_LONGEST_S: Final = 60.0
"""An urgent notice is tried again at least so often."""

_RETRY_AFTER_AT_MOST_S: Final = 3600.0
_THROTTLED_FIRST_S: Final = 30.0
_THROTTLED_LONGEST_S: Final = 600.0


class Circumstances(NamedTuple):
    """What a verdict goes by, besides the outcome. Times are ms."""

    began_at: int
    now: int
    failing_since: int | None = None
    """Since when nothing has reached this recipient over this channel."""
    throttles: int = 0
    """How often in a row the provider has put this recipient off."""
    others_wait: bool = False
    """Another message to this recipient waits to be tried again."""
    jitter: float = 0.0
    """In [0, 1)."""


def judge(
    message: Message, outcome: Outcome, limits: Limits, known: Collection[str], seen: Circumstances
) -> dict[Owed, Fate]:
    """The fate of each row. `known` are the channels that are configured; ways over others are passed over.

    A message of which every row is tried again goes again as it was, under its id, unless the provider put it off or
    another one waits already: then all goes together.
    """
    fates = {row: _fate(row, outcome, limits, known, seen) for row in message.all}
    times = [fate.at_ms for fate in fates.values() if isinstance(fate, Again)]
    if not times:
        return fates
    whole = len(times) == len(fates) and not outcome.throttled and not seen.others_wait
    again = Again(min(times), whole, counted=not outcome.throttled)
    return {row: again if isinstance(fate, Again) else fate for row, fate in fates.items()}


def next_way(row: Owed, known: Collection[str], now_ms: int) -> Fate:
    """The next way over a channel that is configured; Dead if there is none."""
    for way in range(row.way + 1, len(row.ways)):
        if row.ways[way].channel in known:
            return PassOn(way, now_ms)
    return Dead()


def _fate(row: Owed, outcome: Outcome, limits: Limits, known: Collection[str], seen: Circumstances) -> Fate:
    onward = next_way(row, known, seen.now)
    if outcome.permanent and row.ways:
        return onward
    since = row.first_at_ms if row.first_at_ms is not None else seen.began_at
    hurries = (row.urgent or row.named) and isinstance(onward, PassOn)
    if hurries:
        since = min(since, seen.failing_since if seen.failing_since is not None else since)
    patience_ms = round((limits.failover_after_s if hurries else limits.give_up_after_s) * 1000)
    if seen.now - since >= patience_ms:
        return onward
    again_at = seen.now + max(1, round(_wait_s(row, outcome, seen) * 1000))
    if not hurries:
        return Again(again_at)
    if outcome.retry_after_s is not None and again_at > since + patience_ms:
        return onward
    return Again(min(again_at, since + patience_ms))


def _wait_s(row: Owed, outcome: Outcome, seen: Circumstances) -> float:
    if outcome.throttled:
        if outcome.retry_after_s is not None:
            return outcome.retry_after_s
        return min(_THROTTLED_LONGEST_S, _THROTTLED_FIRST_S * 2.0 ** min(seen.throttles, 10))
    wait_s = delay_s(row.attempts + 1, seen.jitter)
    if row.ways and (row.urgent or row.named):
        wait_s = min(wait_s, URGENT_LONGEST_S)
    if outcome.retry_after_s is not None:
        wait_s = max(wait_s, min(outcome.retry_after_s, _RETRY_AFTER_AT_MOST_S))
    return wait_s
