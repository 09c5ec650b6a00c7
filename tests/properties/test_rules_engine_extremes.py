"""Whatever gets past the gate, the engine decides as the reference does: absurd times and values, odd marks."""

import warnings
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from support.random_cases import random_case
from support.reference import Reference

from plant.batch import Batch
from plant.entries import Readings
from plant.quality import NO_TIME_MS, OLDEST_TIME_MS, RETAINED, UNREADABLE_TIME_MS
from rules.engine import Engine, dump_state, load_state, make_plan
from rules.events import AlarmEvent

LARGEST = float(np.finfo(np.float64).max)
TIMES = (NO_TIME_MS, UNREADABLE_TIME_MS, NO_TIME_MS + 2, -1, 0, OLDEST_TIME_MS - 1, OLDEST_TIME_MS, 2**62, 2**63 - 1)
VALUES = (0.0, -0.0, 1.0, 25.0, 50.0, 100.0, 5e-324, 1e308, -1e308, LARGEST, -LARGEST, np.inf, -np.inf, np.nan)
QUALITIES = (0, 0, 1, 2, RETAINED, RETAINED | 1, RETAINED | 2)


def absurd(rng: Random, points: int, now_ms: int) -> Readings:
    rows = range(rng.choice([0, 1, 5, 40]))
    times = [rng.choice(TIMES) if rng.random() < 0.4 else now_ms + rng.randrange(-5000, 70_000) for _ in rows]
    batch = Batch(
        np.array([rng.randrange(points) for _ in rows], dtype=np.uint32),
        np.array(times, dtype=np.int64),
        np.array([rng.choice(VALUES) for _ in rows], dtype=np.float64),
        np.array([rng.choice(QUALITIES) for _ in rows], dtype=np.uint8),
    )
    return Readings(now_ms, batch, rng.choice(["a", "b"]))


def decided(events: Sequence[AlarmEvent]) -> list[tuple[object, ...]]:
    return sorted((e.alarm, e.event, e.at, e.side, e.level, e.severity) for e in events)


@pytest.mark.parametrize("seed", range(80))
def test_absurd_readings_are_decided_as_by_the_reference(seed: int) -> None:
    rng = Random(seed)
    case = random_case(rng, entries=5, points=5, rules=12, reconfigure=False)
    engine = Engine(make_plan(case.site, case.rules, case.registry))
    reference = Reference(case.site, case.rules, case.registry)
    now_ms = 1_732_190_000_000
    ours: list[AlarmEvent] = []
    theirs: list[AlarmEvent] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(60):
            now_ms += rng.choice([0, 1, 20, 1000, 5000, 10**6, 10**9])
            entry = absurd(rng, len(case.registry), now_ms)
            ours += engine.apply([entry])
            theirs += reference.apply(entry)
    assert decided(ours) == decided(theirs)
    load_state(engine.plan, dump_state(engine))
