"""Roll-ups as line protocol (docs/reference/influxdb.md)."""

from tocsin.followers.influx.lines import PointPrefixes
from tocsin.history.buckets import Buckets

MINUTE_MEASUREMENT = "reading_1m"
HOUR_MEASUREMENT = "reading_1h"

_NS = "000000"


def rollup_lines(buckets: Buckets, prefixes: PointPrefixes) -> list[str]:
    """One line for each row."""
    if not len(buckets):
        return []
    prefix = prefixes.upto(int(buckets.point.max()))
    share = buckets.bad / buckets.readings
    columns = (
        buckets.point,
        buckets.start_ms,
        buckets.readings,
        share,
        buckets.count,
        buckets.mean,
        buckets.low,
        buckets.high,
        buckets.last,
        buckets.total,
    )
    return [
        f"{prefix[p]}readings={n}i,bad={bad!r},count={k}i"
        + (f",mean={mean!r},min={low!r},max={high!r},last={last!r},sum={s!r}" if k else "")
        + f" {t}{_NS}"
        for p, t, n, bad, k, mean, low, high, last, s in zip(*(c.tolist() for c in columns), strict=True)
    ]
