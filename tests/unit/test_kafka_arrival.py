"""How a shard takes its records: times that increase, and records that can't be read."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.entries import T0_MS, one_of_each

from plant.entries import Entry, Tick
from tocsin.kafka.arrival import LATEST_MS, after, arrive
from tocsin.kafka.records import encode


@given(st.lists(st.integers(0, 50), min_size=1), st.integers(0, 60))
@settings(max_examples=50)
def test_times_increase_however_they_were_written_and_wherever_one_begins(times: list[int], cut: int) -> None:
    taken: list[int] = []
    for at in times:
        taken.append(after(Tick(at), taken[-1] if taken else None).received_at_ms)
    assert all(one < other for one, other in pairwise(taken))
    assert all(at >= written for at, written in zip(taken, times, strict=True))
    cut = min(cut, len(times) - 1)
    again: int | None = taken[cut]
    for at, expected in zip(times[cut + 1 :], taken[cut + 1 :], strict=True):
        again = after(Tick(at), again).received_at_ms
        assert again == expected


@pytest.mark.parametrize("entry", one_of_each(), ids=lambda entry: type(entry).__name__)
def test_a_late_entry_keeps_all_but_its_time(entry: Entry) -> None:
    assert arrive(encode(entry), 0, None) == (entry, "")
    assert arrive(encode(entry), 0, T0_MS - 1) == (entry, "")
    assert arrive(encode(entry), 0, T0_MS) == (replace(entry, received_at_ms=T0_MS + 1), "")
    assert arrive(encode(entry), 0, T0_MS + 9) == (replace(entry, received_at_ms=T0_MS + 10), "")


@pytest.mark.parametrize("value", [None, b"", b"\x00", b"\xff" * 9, encode(Tick(LATEST_MS + 1)), encode(Tick(-1))])
def test_what_cannot_be_read_is_a_tick_with_a_reason(value: bytes | None) -> None:
    entry, reason = arrive(value, T0_MS, 7)
    assert entry == Tick(8)
    assert reason
    assert arrive(value, T0_MS, None)[0] == Tick(T0_MS)
    assert arrive(value, -1, None)[0] == Tick(0)


@given(st.binary(max_size=80))
@settings(max_examples=100)
def test_no_bytes_do_harm(value: bytes) -> None:
    entry, _ = arrive(value, T0_MS, T0_MS)
    assert entry.received_at_ms > T0_MS
