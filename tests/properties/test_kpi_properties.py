"""Figures of alarms against slow, obvious counting."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.kpi.answering import answering
from alerts.kpi.assessment import NOTHING_MEASURED, NOTHING_REQUIRED, assess
from alerts.kpi.columns import NEVER, SEVERITIES, Alarms, Period
from alerts.kpi.disposing import Disposed, causes, disposing
from alerts.kpi.load import SPAN_MS, load
from alerts.kpi.nuisance import nuisance, stale
from alerts.kpi.targets import TARGETS

DAY_MS = 86_400_000
FROM_MS = 1_790_000_000_000
PERIOD = Period(FROM_MS, FROM_MS + 3 * DAY_MS, tuple(FROM_MS + i * DAY_MS for i in range(4)))


@st.composite
def random_alarms(draw: st.DrawFn, before_ms: int = 0) -> Alarms:
    """Many close together, so that floods and chattering come about."""
    starts = draw(st.lists(st.integers(-before_ms, 3 * DAY_MS - 1), max_size=8))
    raised = sorted(
        min(at + gap, 3 * DAY_MS - 1)
        for at in starts
        for gap in draw(st.lists(st.integers(0, 20 * 60_000), min_size=1, max_size=30))
    )
    rows = []
    for at in raised:
        end = draw(st.sampled_from([None, 60_000, DAY_MS, DAY_MS + 1, 2 * DAY_MS + 5]))
        acknowledged = draw(st.sampled_from([None, 0, 5_000, 700_000]))
        answered = draw(st.sampled_from([None, None, 3_000]))
        rows.append(
            (
                FROM_MS + at,
                FROM_MS + at + 20,
                NEVER if end is None else FROM_MS + at + end,
                NEVER if acknowledged is None else FROM_MS + at + 20 + acknowledged,
                NEVER if answered is None else FROM_MS + at + 20 + answered,
                draw(st.booleans()),
                acknowledged is None,
                False,
                draw(st.integers(0, 3)),
                draw(st.sampled_from([1, 2, 70_000, 70_001])),
                1,
            )
        )
    columns = list(zip(*rows, strict=True)) or [()] * 11
    kinds = ["i8"] * 5 + ["?"] * 3 + ["i8"] * 3
    return Alarms(*(np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True)))


@settings(max_examples=60, deadline=None)
@given(alarms=random_alarms(), consoles=st.integers(1, 3))
def test_load(alarms: Alarms, consoles: int) -> None:
    found = load(alarms.raised_at, PERIOD, consoles)
    spans = [0] * (3 * DAY_MS // SPAN_MS)
    days = [0, 0, 0]
    for at in alarms.raised_at.tolist():
        spans[(at - FROM_MS) // SPAN_MS] += 1
        days[(at - FROM_MS) // DAY_MS] += 1
    floods, spans_in_flood, in_flood = 0, 0, False
    for count in spans:
        if not in_flood and count / consoles > 10:
            floods, in_flood = floods + 1, True
        elif in_flood and count / consoles < 5:
            in_flood = False
        spans_in_flood += in_flood
    assert (found.alarms, list(found.a_day)) == (len(alarms), days)
    assert found.per_day == pytest.approx(len(alarms) / 3 / consoles)
    assert found.per_hour == pytest.approx(len(alarms) / 72 / consoles)
    assert found.peak == max(spans) / consoles
    assert found.peak_at == (FROM_MS + spans.index(max(spans)) * SPAN_MS if len(alarms) else None)
    assert found.busy_spans == sum(count / consoles > 10 for count in spans)
    assert (found.floods, found.flood_spans) == (floods, spans_in_flood)
    assert found.flood_share == pytest.approx(spans_in_flood / len(spans))


@settings(max_examples=60, deadline=None)
@given(alarms=random_alarms())
def test_nuisance(alarms: Alarms) -> None:
    found = nuisance(alarms)
    by_source: dict[int, list[int]] = {}
    for source, at in zip(alarms.source.tolist(), alarms.raised_at.tolist(), strict=True):
        by_source.setdefault(source, []).append(at)
    chattering = {
        source
        for source, times in by_source.items()
        if any(sum(begin <= at <= begin + 60_000 for at in times) >= 3 for begin in times)
    }
    assert set(found.chattering) == chattering
    most = sorted(((len(times), -source) for source, times in by_source.items()), reverse=True)[:10]
    assert [(s.alarms, -s.source) for s in found.top] == most
    assert all(s.chattering == (s.source in chattering) for s in found.top)
    assert found.top_share == pytest.approx(sum(n for n, _ in most) / max(len(alarms), 1))


@settings(max_examples=60, deadline=None)
@given(alarms=random_alarms(before_ms=5 * DAY_MS))
def test_stale(alarms: Alarms) -> None:
    found = stale(alarms, PERIOD)

    def counted(begin: int, end: int) -> int:
        return sum(
            raised + DAY_MS < (PERIOD.until_ms if off == NEVER else off)
            and raised + DAY_MS < end
            and (off == NEVER or off > begin)
            for raised, off in zip(alarms.raised_at.tolist(), alarms.cleared_at.tolist(), strict=True)
        )

    assert found.alarms == counted(PERIOD.from_ms, PERIOD.until_ms)
    days = [counted(FROM_MS + i * DAY_MS, FROM_MS + (i + 1) * DAY_MS) for i in range(3)]
    assert list(found.a_day) == days
    assert found.mean_a_day == pytest.approx(sum(days) / 3)


@settings(max_examples=60, deadline=None)
@given(alarms=random_alarms())
def test_answering(alarms: Alarms) -> None:
    whole, *each = answering(alarms)
    assert [of.severity for of in each] == list(SEVERITIES)
    assert sum(of.alarms for of in each) == whole.alarms == len(alarms)
    spans: dict[str, list[int]] = {"all": [], "centre": [], "enterprise": []}
    for i in range(len(alarms)):
        received, at, answered = (int(c[i]) for c in (alarms.received_at, alarms.acknowledged_at, alarms.answered_at))
        if at != NEVER:
            spans["all"].append(at - received)
            if not alarms.by_enterprise[i]:
                spans["centre"].append(at - received)
        if answered != NEVER:
            spans["enterprise"].append(answered - received)
        elif at != NEVER and alarms.by_enterprise[i]:
            spans["enterprise"].append(at - received)
    for given_, name in (
        (whole.to_acknowledge, "all"),
        (whole.to_centre, "centre"),
        (whole.to_enterprise, "enterprise"),
    ):
        assert given_.n == len(spans[name])
        if spans[name]:
            assert given_.median_s == pytest.approx(statistics.median(spans[name]) / 1000)
            at_least = sorted(spans[name])[math.floor(0.9 * (len(spans[name]) - 1))] / 1000
            assert given_.p90_s is not None
            assert given_.p90_s >= at_least - 1e-6
    assert whole.waiting == int(alarms.waiting.sum())


TIMES = st.integers(-10, 20)


@settings(max_examples=60, deadline=None)
@given(
    disposals=st.lists(
        st.builds(
            Disposed,
            st.sampled_from(SEVERITIES),
            st.just("E1"),
            TIMES,
            st.none() | st.integers(20, 40),
            st.none() | st.integers(20, 30),
            st.integers(20, 40),
            st.sampled_from(["", "test", "release.leak"]),
            st.booleans(),
            st.booleans(),
            st.integers(0, 2),
            st.booleans(),
        )
    )
)
def test_disposing(disposals: list[Disposed]) -> None:
    whole, *each = disposing(disposals, 0, 30)
    opened = [d for d in disposals if 0 <= d.opened_at < 30]
    assert whole.opened == len(opened) == sum(of.opened for of in each)
    assert whole.open + whole.closed == whole.opened
    loops = [d for d in opened if d.closed_at is not None and d.cause and (d.verified or not d.must_verify)]
    assert whole.closed_loop == len(loops)
    assert whole.closed_loop_rate == (len(loops) / len(opened) if opened else None)
    assert whole.missed == sum((30 if d.closed_at is None else d.closed_at) > d.close_by for d in opened)
    assert whole.overdue == sum(d.overdue and d.closed_at is None for d in disposals)
    closed = [d for d in disposals if d.closed_at is not None and d.closed_at < 30]
    assert whole.closed_in_period == len(closed)
    found = causes(disposals, 0, 30)
    assert {c.cause: c.disposals for c in found} == {
        c: sum(d.cause == c for d in closed) for c in {d.cause for d in closed}
    }
    assert sum(c.share for c in found) == pytest.approx(1.0 if closed else 0.0)


FULL = {"coverage": (4, 4), "online": (1, 1), "acknowledged": (1, 1), "closed_loop": (1, 1), "in_time": (1, 1)}


def test_assessment_by_hand() -> None:
    places = [
        ("A", "", FULL),
        ("B", "", {**FULL, "coverage": (2, 4)}),
        ("C", "", {**FULL, "coverage": (2, 4), "online": (1.0, 1.0)}),
        ("D", "", {**FULL, "coverage": (0, 0)}),
        ("E", "", {**dict.fromkeys(FULL, (0, 0)), "coverage": (1, 2)}),
        ("F", "", {**FULL, "acknowledged": (0, 0), "closed_loop": (0, 1), "in_time": (0, 0)}),
    ]
    found = assess("enterprise", places)
    assert [(a.id, a.rank, a.score, a.why_not) for a in found] == [
        ("A", 1, 100.0, ""),
        ("B", 2, 87.5, ""),
        ("C", 2, 87.5, ""),
        ("F", 4, 64.3, ""),  # (25 + 20) of 25 + 20 + 25
        ("D", None, None, NOTHING_REQUIRED),
        ("E", None, None, NOTHING_MEASURED),
    ]
    for a in found:
        counting = [c for c in a.criteria if c.value is not None]
        if a.score is not None:
            assert a.score == pytest.approx(
                100 * sum(c.points for c in counting) / sum(c.weight for c in counting), abs=0.05
            )


def test_targets_judge() -> None:
    assert TARGETS["per_day"].is_met(150)
    assert TARGETS["per_day"].is_met(150.5) is False
    assert TARGETS["busy_share"].is_met(0.01) is False
    assert TARGETS["share_red"].is_met(0.5) is None
    assert TARGETS["per_day"].is_met(None) is None
