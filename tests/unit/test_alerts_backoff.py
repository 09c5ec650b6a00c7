"""Backoff: bounded, spread, and slower with every attempt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.backoff import GIVE_UP_AFTER_MS, LONGEST_S, delay_s

jitter = st.floats(0, 1, exclude_max=True)


@given(st.integers(1, 10_000), jitter)
def test_a_delay_lies_between_half_and_all_of_its_span(attempt: int, u: float) -> None:
    delay = delay_s(attempt, u)
    assert 0.5 <= delay <= LONGEST_S
    assert delay_s(attempt, 0.0) <= delay <= 2 * delay_s(attempt, 0.0)


@given(st.integers(1, 50), jitter)
def test_later_attempts_wait_no_less(attempt: int, u: float) -> None:
    assert delay_s(attempt + 1, u) >= delay_s(attempt, u)


def test_the_first_steps() -> None:
    assert [delay_s(n, 0.0) for n in (1, 2, 3, 12)] == [0.5, 1.0, 2.0, 300.0]


def test_a_day_holds_a_bounded_number_of_attempts() -> None:
    waited_s, attempts = 0.0, 0
    while waited_s * 1000 < GIVE_UP_AFTER_MS:
        attempts += 1
        waited_s += delay_s(attempts, 0.0)
    assert 150 < attempts < 400


def test_attempt_zero_is_an_error() -> None:
    with pytest.raises(ValueError, match="allowed is 1 and more"):
        delay_s(0, 0.5)
