"""Which readings the scalar reference takes, at what time and of what quality (sections 1.5 to 2)."""

import math

from support.reference_conditions import over_range, under_range
from support.reference_points import PointState, Taken

from plant.quality import AHEAD_MS, NO_TIME_MS, OLDEST_TIME_MS, Quality


def time_of(state: PointState, measured: int, received: int, value: float, quality: int) -> tuple[int, str, float, int]:
    """1.5: (t, how the timestamp was used, value, quality)."""
    if measured == NO_TIME_MS:
        return received, "missing", value, quality
    if measured < OLDEST_TIME_MS or measured - received > AHEAD_MS:
        state.counters["clock_fault"] += 1
        state.counters["ahead"] += measured - received > AHEAD_MS
        return received, "fault", value, Quality.UNCERTAIN if quality == Quality.GOOD else quality
    return measured, "as is", value, quality


def taken(state: PointState, received: int, t: int, stamp: str, value: float, quality: int) -> tuple[Taken, str] | None:
    """1.6, 1.7 and 2: the reading as it is taken, and how its timestamp was used; None where it is not taken."""
    last = state.last
    if last is not None:
        if state.skewed and stamp == "as is" and t >= last.t:
            state.skewed = False
        elif not state.skewed and t < last.t and received - last.received > 3 * state.period_ms:
            state.skewed = True
        if state.skewed:
            state.counters["skewed"] += 1
            stamp = "skewed"
            t = max(received, last.t)
            if quality == Quality.GOOD:
                quality = Quality.UNCERTAIN
    if not math.isfinite(value) or under_range(state.point, value):
        quality = Quality.BAD
    if last is not None:
        if t < last.t:
            state.counters["late"] += 1
            return None
        same_value = value == last.value or (math.isnan(value) and math.isnan(last.value))
        if t == last.t and same_value and quality == last.quality:
            state.counters["duplicate"] += 1
            return None
    finite = math.isfinite(value)
    state.counters["bad"] += quality == Quality.BAD
    state.counters["over_range"] += finite and over_range(state.point, value)
    state.counters["under_range"] += finite and under_range(state.point, value)
    return Taken(t, value, quality, received), stamp
