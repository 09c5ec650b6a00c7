"""How many alarms people were given, and how close together (ISA-18.2, EEMUA 191, by secondary sources)."""

from typing import Final

import msgspec
import numpy as np

from alerts.kpi.columns import I64, Period

SPAN_MS: Final = 600_000
"""Ten minutes."""
BUSY: Final = 10
"""A span is busy, and a flood begins, with more alarms than this for one console."""
OVER: Final = 5
"""A flood ends with the first span of fewer."""


class Load(msgspec.Struct, frozen=True):
    """Per console, as if alarms were spread evenly over all of them. Spans of ten minutes begin with the period."""

    alarms: int
    per_day: float
    per_hour: float
    peak: float
    """Alarms in the fullest span."""
    peak_at: int | None
    """Where that begins; None where there was no alarm."""
    spans: int
    busy_spans: int
    busy_share: float
    floods: int
    flood_spans: int
    flood_share: float
    """Of the period."""
    a_day: tuple[int, ...]
    """Alarms of each day, over all consoles."""


def load(raised_at: I64, period: Period, consoles: int) -> Load:
    """`raised_at` are the alarms of the period."""
    counts = counts_of_spans(raised_at, period)
    each = counts / consoles
    in_flood = flooded(each)
    peak = int(counts.argmax()) if len(counts) else 0
    hours = period.days * 24 * consoles
    return Load(
        alarms=len(raised_at),
        per_day=len(raised_at) / period.days / consoles,
        per_hour=len(raised_at) / hours,
        peak=float(each.max(initial=0.0)),
        peak_at=period.from_ms + peak * SPAN_MS if len(raised_at) else None,
        spans=len(counts),
        busy_spans=int((each > BUSY).sum()),
        busy_share=float((each > BUSY).mean()) if len(counts) else 0.0,
        floods=int((in_flood & ~np.concatenate([[False], in_flood[:-1]])).sum()),
        flood_spans=int(in_flood.sum()),
        flood_share=float(in_flood.mean()) if len(counts) else 0.0,
        a_day=tuple(np.diff(np.searchsorted(np.sort(raised_at, kind="stable"), period.days_ms)).tolist()),
    )


def counts_of_spans(raised_at: I64, period: Period) -> I64:
    """Alarms in each ten minutes of the period; the last span may be shorter."""
    spans = -(-(period.until_ms - period.from_ms) // SPAN_MS)
    return np.bincount((raised_at - period.from_ms) // SPAN_MS, minlength=spans).astype(np.int64)


def flooded(counts: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Which spans lie in a flood: from one of more than BUSY to before the first of fewer than OVER."""
    told = np.flatnonzero((counts > BUSY) | (counts < OVER))
    last = np.searchsorted(told, np.arange(len(counts)), "right") - 1
    return (last >= 0) & (counts[told[np.maximum(last, 0)]] > BUSY) if len(told) else np.zeros(len(counts), np.bool_)
