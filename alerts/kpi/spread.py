"""How spans of time spread."""

import msgspec
import numpy as np

from alerts.kpi.columns import I64


class Spread(msgspec.Struct, frozen=True):
    """Of `n` spans, in seconds; None where there is none. Between two of them a quantile is interpolated."""

    n: int
    median_s: float | None = None
    p90_s: float | None = None
    p99_s: float | None = None


def spread(spans_ms: I64) -> Spread:
    """How these spans (ms) spread."""
    if not len(spans_ms):
        return Spread(0)
    median, p90, p99 = np.percentile(spans_ms, [50, 90, 99]) / 1000
    return Spread(len(spans_ms), float(median), float(p90), float(p99))
