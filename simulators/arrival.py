"""When readings arrive, where a link or a clock is at fault: a feed with received_at, in order of arrival.

Without such a fault readings arrive at the end of their second, as a replay of a bare feed takes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.feed import Feed
from plant.quality import Quality
from simulators.faults import Fault

SECOND_MS = 1000


@dataclass(frozen=True, slots=True)
class Sent:
    """Readings as sent, in columns: the fleet's row, the reading's number, ms after the start, the value."""

    row: NDArray[np.intp]
    k: NDArray[np.int64]
    time_ms: NDArray[np.int64]
    value: NDArray[np.float64]


def feed_of(
    sent: Sent, number: NDArray[np.uint32], faults: Sequence[tuple[int, Fault]], start_ms: int, span_ms: tuple[int, int]
) -> Feed:
    """What of `sent` arrives within the span (ms after the start), by received_at, time, then point number.

    `faults` are those of links and clocks with the row they are at; `number` the point number of each row.
    """
    delay_ms = np.zeros(len(sent.row), dtype=np.int64)
    skew_ms = np.zeros(len(sent.row), dtype=np.int64)
    twice = np.zeros(len(sent.row), dtype=np.bool_)
    for row, fault in faults:
        own = np.flatnonzero(sent.row == row)
        t_s, k = sent.time_ms[own] / 1000.0, sent.k[own]
        delay_ms[own] = np.maximum(delay_ms[own], fault.delay_ms(t_s, k))
        skew_ms[own] += fault.skew_ms(t_s)
        twice[own] |= fault.twice(t_s, k)
    again = np.flatnonzero(twice)
    which = np.concatenate((np.arange(len(sent.row)), again))
    at_ms = start_ms + sent.time_ms[which] + delay_ms[which]
    received_ms = (at_ms // SECOND_MS + 1) * SECOND_MS
    received_ms[len(sent.row) :] += SECOND_MS
    kept = (received_ms >= start_ms + span_ms[0]) & (received_ms < start_ms + span_ms[1])
    which, received_ms = which[kept], received_ms[kept]
    order = np.lexsort((number[sent.row[which]], sent.time_ms[which], received_ms))
    which, received_ms = which[order], received_ms[order]
    measured_ms = start_ms + sent.time_ms[which] + skew_ms[which]
    quality = np.full(len(which), Quality.GOOD, dtype=np.uint8)
    return Feed(number[sent.row[which]], measured_ms, sent.value[which], quality, received_ms)
