"""Alarms of two rule sets matched by hand."""

import pytest

from tocsin.whatif.matching import Change, Pair, pair_up
from tocsin.whatif.spans import Span

C = Change
SAME = ""


def span(raised: int, ended: int | None, severity: str = "orange") -> Span:
    return Span("a", "r", "P", "high", "E", raised, ended, "h", severity, 1.0, 1.0)


def said(pairs: list[Pair]) -> str:
    """`10/12 later` for one raised at 10 before and 12 after; `-` where there is none."""
    return ", ".join(
        f"{p.before.raised_at_ms if p.before else '-'}/{p.after.raised_at_ms if p.after else '-'} "
        + "+".join(change.value for change in p.changes)
        for p in pairs
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([], [], ""),
        ([(10, 20)], [(10, 20)], "10/10 "),
        ([(10, 20)], [], "10/- gone"),
        ([], [(10, 20)], "-/10 new"),
        ([(10, 20)], [(12, 20)], "10/12 later"),
        ([(10, 20)], [(8, 20)], "10/8 earlier"),
        ([(10, 20)], [(10, 25)], "10/10 ends_later"),
        ([(10, None)], [(10, 25)], "10/10 ends_sooner"),
        ([(10, 25)], [(10, None)], "10/10 ends_later"),
        ([(10, None)], [(10, None)], "10/10 "),
        ([(10, 20)], [(20, 30)], "10/- gone, -/20 new"),
        ([(10, 20)], [(19, 30)], "10/19 later+ends_later"),
        ([(10, 10)], [(10, 30)], "10/10 ends_later"),
        ([(10, 10)], [(11, 30)], "10/- gone, -/11 new"),
        # What chattered becomes one: nothing of it is lost.
        ([(10, 12), (14, 16), (18, 20)], [(10, 20)], "10/10 ends_later, 14/- merged, 18/- merged"),
        ([(10, 20)], [(10, 12), (14, 16), (18, 20)], "10/10 ends_sooner, -/14 split, -/18 split"),
        # A short one before the delay has run out is gone, the next is later.
        ([(10, 11), (20, 40)], [(25, 40)], "10/- gone, 20/25 later"),
        ([(10, 11), (20, 40)], [(5, 8), (25, 40)], "-/5 new, 10/- gone, 20/25 later"),
        ([(10, 30), (35, 50)], [(20, 40), (45, 60)], "10/20 later+ends_later, 35/45 later+ends_later"),
    ],
)
def test_pairs(before: list[tuple[int, int | None]], after: list[tuple[int, int | None]], expected: str) -> None:
    assert said(list(pair_up([span(*s) for s in before], [span(*s) for s in after]))) == expected


def test_severity_is_that_of_the_worst_moment() -> None:
    (louder,) = pair_up([span(10, 20, "orange")], [span(10, 20, "red")])
    (quieter,) = pair_up([span(10, 20, "yellow")], [span(12, 20, "blue")])
    assert louder.changes == (C.LOUDER,)
    assert quieter.changes == (C.LATER, C.QUIETER)
    assert quieter.later_ms == 2
