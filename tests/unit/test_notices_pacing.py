"""How often one recipient is told: pacing and quotas, without a clock."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.port import Quota
from alerts.pacing import GAPS_MS, KINDS, Kind, Pace
from alerts.quotas import Quotas

HOUR_MS = 3_600_000


def opens(kind: Kind, sent_ms: list[int]) -> list[int]:
    """When the next message may go after each of these, in seconds after it."""
    pace, found = Pace(), []
    for at in sent_ms:
        pace = pace.after(frozenset({kind}), at)
        found.append((pace.of(kind).opens_at_ms - at) // 1000)
    return found


def test_gaps_double_in_a_flood_up_to_their_longest() -> None:
    assert opens("urgent", [0, 5_000, 15_000, 35_000, 75_000, 135_000]) == [5, 10, 20, 40, 60, 60]
    assert opens("other", [0, 60_000, 180_000, 420_000]) == [60, 120, 240, 300]
    assert opens("digest", [0, 5_000, 10_000]) == [5, 5, 5]


def test_a_gap_that_nobody_waited_for_begins_anew() -> None:
    assert opens("urgent", [0, 9_999]) == [5, 10]
    assert opens("urgent", [0, 10_000]) == [5, 5]


def test_kinds_do_not_hold_each_other_up() -> None:
    pace = Pace().after(frozenset({"other"}), 1000)
    assert pace.of("other").opens_at_ms == 61_000
    assert all(pace.of(kind).opens_at_ms == 0 for kind in KINDS if kind != "other")
    assert pace.put_off(70_000, ("other", "digest")).of("urgent").opens_at_ms == 0
    assert pace.put_off(5_000).of("other").opens_at_ms == 61_000, "put off never brings forward"


@given(st.sampled_from(KINDS), st.lists(st.integers(0, 400_000), max_size=300))
def test_messages_of_a_kind_are_bounded_by_time(kind: Kind, waits_ms: list[int]) -> None:
    """However notices come: sent as soon as the pace lets them, they are no more than time allows."""
    pace, at, sent = Pace(), 0, []
    for wait in waits_ms:
        at = max(at + wait, pace.of(kind).opens_at_ms)
        pace = pace.after(frozenset({kind}), at)
        sent.append(at)
    first_ms, longest_ms = GAPS_MS[kind]
    assert all(later - earlier >= first_ms for earlier, later in pairwise(sent))
    gap_ms = pace.of(kind).gap_ms
    assert not sent or first_ms <= gap_ms <= longest_ms


def test_a_share_of_each_quota_is_kept_for_urgent_ones() -> None:
    quotas = Quotas([Quota(10, 3600, "channel")], 0.3)
    for i in range(7):
        assert quotas.opens_at_ms("zhang", False, i) == i
        quotas.note("zhang", i)
    assert quotas.opens_at_ms("li", False, 7) == HOUR_MS
    for i in range(7, 10):
        assert quotas.opens_at_ms("li", True, i) == i
        quotas.note("li", i)
    assert quotas.opens_at_ms("li", True, 10) == HOUR_MS
    assert quotas.opens_at_ms("li", False, 10) == HOUR_MS + 3, "until only seven are within the hour"
    assert quotas.opens_at_ms("li", True, HOUR_MS) == HOUR_MS


def test_quotas_for_each_recipient_and_several_at_once() -> None:
    quotas = Quotas([Quota(1, 60, "recipient"), Quota(3, 3600, "channel")], 0.0, [("zhang", 0)])
    assert quotas.opens_at_ms("zhang", True, 1) == 60_000
    assert quotas.opens_at_ms("li", True, 1) == 1
    quotas.note("li", 1)
    quotas.note("wang", 2)
    assert quotas.opens_at_ms("zhao", True, 3) == HOUR_MS
    quotas.take_back("wang", 2)
    assert quotas.opens_at_ms("zhao", True, 3) == 3
    assert quotas.longest_ms == HOUR_MS


def test_a_quota_of_one_is_open_to_everybody() -> None:
    assert Quotas([Quota(1, 60)], 0.3).opens_at_ms("zhang", False, 5) == 5


@given(st.lists(st.tuples(st.integers(0, 100_000), st.booleans()), max_size=80), st.sampled_from([0.0, 0.3, 0.5]))
def test_no_quota_is_ever_exceeded(wishes: list[tuple[int, bool]], kept: float) -> None:
    quotas, sent = Quotas([Quota(5, 10.0)], kept), []
    for at, urgent in sorted(wishes):
        if quotas.opens_at_ms("zhang", urgent, at) <= at:
            quotas.note("zhang", at)
            sent.append(at)
        else:
            opens_ms = quotas.opens_at_ms("zhang", urgent, at)
            assert quotas.opens_at_ms("zhang", urgent, opens_ms) == opens_ms
    for i, at in enumerate(sent):
        assert sum(at - 10_000 < earlier <= at for earlier in sent[: i + 1]) <= 5


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_gaps(kind: Kind) -> None:
    first_ms, longest_ms = GAPS_MS[kind]
    assert 0 < first_ms <= longest_ms
