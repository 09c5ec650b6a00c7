"""What is known of points goes on under another plan."""

import numpy as np

from plant.quality import Quality
from rules.engine.columns import LONG_AGO_MS
from rules.engine.engine import Engine


def carry_looked_at(old: Engine, new: Engine) -> None:
    """Points that were looked at stay as they were. Another one is silent where its silence is beyond what its rules
    allow or its device is down, else known where its last taken reading was usable."""
    several, before = new.several, old.several
    assert several is not None  # noqa: S101 - the caller asked
    assert new.clock_ms is not None  # noqa: S101 - there was an entry
    points, state = several.layout.points, new.points
    silent = (state.heard_usable[points] + several.layout.silent_ms < new.clock_ms) | state.down[points]
    known = (state.last_t[points] != LONG_AGO_MS) & (state.last_quality[points] != Quality.BAD) & ~silent
    value = np.where(known, state.last_value[points], np.nan)
    if before is not None:
        size = min(old.plan.table.size, new.plan.table.size)
        both = np.zeros(new.plan.table.size, dtype=np.bool_)
        both[:size] = old.plan.table.known[:size] & new.plan.table.known[:size]
        was = np.full(len(points), -1, dtype=np.intp)
        was[both[points]] = before.layout.watched[points[both[points]]]
        seen = was >= 0
        known[seen] = before.collector.known[was[seen]]
        silent[seen] = before.collector.silent[was[seen]]
        value[seen] = before.standing.value[was[seen]]
    several.collector.known[:], several.collector.silent[:] = known, silent
    several.standing.known[: len(points)], several.standing.silent[: len(points)] = known, silent
    several.standing.value[:] = value
