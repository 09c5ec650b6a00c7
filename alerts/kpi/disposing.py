"""How alarms were disposed of: in time, with a cause, verified (pure)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from alerts.kpi.columns import SEVERITIES
from alerts.kpi.spread import Spread, spread


class Disposed(NamedTuple):
    """One disposal, as far as figures go by it. Times are ms since the epoch; what has not happened is None."""

    severity: str
    enterprise: str
    opened_at: int
    closed_at: int | None
    """None too where it was reopened since."""
    taken_at: int | None
    """When somebody first took it or was given it."""
    close_by: int
    cause: str
    verified: bool
    must_verify: bool
    reopened: int
    overdue: bool
    """A deadline is missed still."""


class Disposing(msgspec.Struct, frozen=True):
    """Disposals of one severity (empty: of all)."""

    severity: str
    opened: int
    """In the period. All but `closed_in_period` and `overdue` are of these."""
    closed: int
    open: int
    closed_in_period: int
    """Whenever they were opened."""
    overdue: int
    """Of all that are not closed."""
    missed: int
    """The deadline for closing went by before they were closed."""
    reopened: int
    closed_loop: int
    """Closed with a cause, and verified where its rules ask for that."""
    closed_loop_rate: float | None
    """Of `opened`; None where that is 0."""
    to_assign: Spread
    to_close: Spread


class Cause(msgspec.Struct, frozen=True):
    cause: str
    disposals: int
    share: float


def is_closed_loop(disposal: Disposed) -> bool:
    return disposal.closed_at is not None and bool(disposal.cause) and (disposal.verified or not disposal.must_verify)


def is_missed(disposal: Disposed, until_ms: int) -> bool:
    """Whether the deadline for closing went by first."""
    return (until_ms if disposal.closed_at is None else disposal.closed_at) > disposal.close_by


def disposing(disposals: Sequence[Disposed], from_ms: int, until_ms: int) -> tuple[Disposing, ...]:
    """All, then each severity, the worst first. `disposals` may hold others than those of the period."""
    found = [_of("", disposals, from_ms, until_ms)]
    return tuple(found + [_of(s, [d for d in disposals if d.severity == s], from_ms, until_ms) for s in SEVERITIES])


def causes(disposals: Iterable[Disposed], from_ms: int, until_ms: int) -> tuple[Cause, ...]:
    """Of what was closed in the period, by cause; the most frequent first."""
    closed = [d.cause for d in disposals if d.closed_at is not None and from_ms <= d.closed_at < until_ms]
    return tuple(
        Cause(cause, n, n / len(closed))
        for cause, n in sorted(Counter(closed).items(), key=lambda pair: (-pair[1], pair[0]))
    )


def _of(severity: str, disposals: Sequence[Disposed], from_ms: int, until_ms: int) -> Disposing:
    opened = [d for d in disposals if from_ms <= d.opened_at < until_ms]
    closed_loop = sum(map(is_closed_loop, opened))
    closed = [d.closed_at - d.opened_at for d in opened if d.closed_at is not None]
    taken = [d.taken_at - d.opened_at for d in opened if d.taken_at is not None]
    return Disposing(
        severity=severity,
        opened=len(opened),
        closed=len(closed),
        open=len(opened) - len(closed),
        closed_in_period=sum(d.closed_at is not None and from_ms <= d.closed_at < until_ms for d in disposals),
        overdue=sum(d.overdue and d.closed_at is None for d in disposals),
        missed=sum(is_missed(d, until_ms) for d in opened),
        reopened=sum(d.reopened > 0 for d in opened),
        closed_loop=closed_loop,
        closed_loop_rate=closed_loop / len(opened) if opened else None,
        to_assign=spread(np.array(taken, dtype=np.int64)),
        to_close=spread(np.array(closed, dtype=np.int64)),
    )
