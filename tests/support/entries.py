"""Entries for tests of the log: made by hand, or drawn by hypothesis."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from plant.batch import Batch
from plant.entries import (
    OPERATOR_ACTIONS,
    Configuration,
    DeviceDown,
    DisposalAction,
    Entry,
    NoticeAction,
    OperatorAction,
    OverrideAction,
    OwnCondition,
    Readings,
    SourceDown,
    SourceUp,
    Tick,
)

T0_MS = 1_732_190_000_000


def readings(received_at_ms: int, n: int = 3, seed: int = 0, source: str = "broker") -> Readings:
    """A batch of `n` readings that differ by `seed`."""
    random = np.random.default_rng(seed)
    return Readings(
        received_at_ms,
        Batch(
            random.integers(0, 1000, n).astype(np.uint32),
            received_at_ms - random.integers(0, 1000, n),
            random.normal(size=n),
            random.integers(0, 3, n).astype(np.uint8),
        ),
        source,
    )


def one_of_each(received_at_ms: int = T0_MS) -> list[Entry]:
    """Every kind of entry once, all of one time."""
    t = received_at_ms
    return [
        Tick(t),
        SourceUp(t, "broker"),
        Readings(
            t, Batch.of([(1, t, 2.5, 0), (7, None, None, 2), (4_294_967_295, -5, -0.0, 0x81)]), "b", (0, 2**64 - 1)
        ),
        SourceDown(t, "broker", "连接断开"),
        DeviceDown(t, (0, 7, 4_294_967_295), "broker"),
        Configuration(t, "rules", "ab" * 32, who="li", why="new limit"),
        OperatorAction(t, "acknowledge", "yvfmenxky254frwd", "wang", comment="看过"),
        OperatorAction(t, "shelve", "yvfmenxky254frwd", "wang", until_ms=t + 60_000),
        OperatorAction(t, "acknowledge", "yvfmenxky254frwd", "zhao", tier="enterprise", one_shot=True),
        OverrideAction(t, "set", "ov-1", "wang", subject="P1", why="换探头", until_ms=t + 60_000, approved_by="li"),
        DisposalAction(t, "assign", "yvfmenxky254frwd", "wang", {"to": "zhao", "说明": "现场查看"}),
        NoticeAction(t, "approve", "yvfmenxky254frwd.1.public.0.0.siren", "wang"),
        OwnCondition(t, "tocsin.self-test", "tocsin", True, "red", "no test alarm came through"),
    ]


_TIME = st.integers(-(2**63), 2**63 - 1)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Batches with NaN of any kind, infinities, extreme times and numbers, and none at all."""
    n = draw(st.integers(0, 30))
    return Batch(
        draw(hnp.arrays(np.uint32, n)),
        draw(hnp.arrays(np.int64, n)),
        draw(hnp.arrays(np.float64, n)),
        draw(hnp.arrays(np.uint8, n)),
    )


def entries() -> st.SearchStrategy[Entry]:
    """Any entry."""
    return st.one_of(
        st.builds(Readings, _TIME, batches(), _TEXT, st.lists(st.integers(0, 2**64 - 1), max_size=5).map(tuple)),
        st.builds(Tick, _TIME),
        st.builds(SourceUp, _TIME, _TEXT),
        st.builds(SourceDown, _TIME, _TEXT, _TEXT),
        st.builds(DeviceDown, _TIME, st.lists(st.integers(0, 2**32 - 1), max_size=5).map(tuple), _TEXT),
        st.builds(Configuration, _TIME, st.sampled_from(["rules", "site"]), _TEXT, _TEXT, _TEXT),
        st.builds(OperatorAction, _TIME, st.sampled_from(OPERATOR_ACTIONS), _TEXT, _TEXT, _TEXT, st.none() | _TIME),
        st.builds(OverrideAction, _TIME, st.sampled_from(["set", "end"]), _TEXT, _TEXT, until_ms=st.none() | _TIME),
        st.builds(DisposalAction, _TIME, st.just("note"), _TEXT, _TEXT, st.dictionaries(_TEXT, _TEXT, max_size=3)),
        st.builds(NoticeAction, _TIME, st.sampled_from(["approve", "reject"]), _TEXT, _TEXT),
        st.builds(OwnCondition, _TIME, _TEXT, _TEXT, st.booleans(), st.sampled_from(["red", "blue"]), _TEXT),
    )
