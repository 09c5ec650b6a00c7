"""When a self-test is due, and from when on a good one is missing."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.selftest.schedule import Runs, Schedule, due_at, missed_at

DAILY = Schedule("Asia/Shanghai", ("09:00", "21:30"))
HOURLY = Schedule("Asia/Shanghai", every_ms=3_600_000)
RETRY_MS = 900_000
LATE_MS = 600_000


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-01T08:59:59.999+08:00", "2026-03-01T09:00:00+08:00"),
        ("2026-03-01T09:00:00+08:00", "2026-03-01T21:30:00+08:00"),
        ("2026-03-01T21:30:00+08:00", "2026-03-02T09:00:00+08:00"),
        ("2026-03-01T00:30:00+00:00", "2026-03-01T09:00:00+08:00"),
        ("2026-12-31T23:00:00+08:00", "2027-01-01T09:00:00+08:00"),
    ],
)
def test_times_of_the_day_are_those_of_the_site(now: str, due: str) -> None:
    assert DAILY.next_after(ms(now)) == ms(due)


def test_the_hour_that_summer_time_leaves_out_and_the_one_it_repeats() -> None:
    berlin = Schedule("Europe/Berlin", ("02:30",))
    assert berlin.next_after(ms("2026-03-29T00:00:00+01:00")) == ms("2026-03-29T03:30:00+02:00")
    twice = ms("2026-10-25T02:30:00+02:00")
    assert berlin.next_after(ms("2026-10-25T00:00:00+02:00")) == twice
    assert berlin.next_after(twice) == ms("2026-10-26T02:30:00+01:00"), "once, not twice"


def test_before_the_first_run() -> None:
    runs = Runs(since_ms=ms("2026-03-01T10:00:00+08:00"))
    assert due_at(runs, DAILY, RETRY_MS) == ms("2026-03-01T21:30:00+08:00")
    assert missed_at(runs, DAILY, LATE_MS) == ms("2026-03-01T21:40:00+08:00")


def test_after_a_good_run_the_schedule_decides() -> None:
    begun = ms("2026-03-01T09:00:00.400+08:00")
    runs = Runs(0, begun, True, begun)
    assert due_at(runs, DAILY, RETRY_MS) == ms("2026-03-01T21:30:00+08:00")
    assert missed_at(runs, DAILY, LATE_MS) == ms("2026-03-01T21:40:00+08:00")
    assert due_at(runs, HOURLY, RETRY_MS) == begun + 3_600_000


def test_after_a_failure_it_is_tried_again_soon_and_only_a_good_run_counts() -> None:
    good, failed = ms("2026-03-01T09:00:00+08:00"), ms("2026-03-01T21:30:00+08:00")
    runs = Runs(0, failed, False, good)
    assert due_at(runs, DAILY, RETRY_MS) == failed + RETRY_MS
    assert missed_at(runs, DAILY, LATE_MS) == ms("2026-03-01T21:40:00+08:00")
    close = Runs(0, ms("2026-03-01T08:50:00+08:00"), False, None)
    assert due_at(close, DAILY, RETRY_MS) == ms("2026-03-01T09:00:00+08:00"), "the schedule comes first"


def test_a_service_that_was_down_for_days_has_missed_the_first_of_them() -> None:
    good = ms("2026-03-01T21:30:00+08:00")
    runs = Runs(0, good, True, good)
    assert missed_at(runs, DAILY, LATE_MS) == ms("2026-03-02T09:10:00+08:00")
    assert due_at(runs, DAILY, RETRY_MS) == ms("2026-03-02T09:00:00+08:00"), "so it is due at once"


@given(
    now=st.integers(ms("2020-01-01T00:00:00+00:00"), ms("2040-01-01T00:00:00+00:00")),
    zone=st.sampled_from(["Asia/Shanghai", "UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"]),
    at=st.lists(st.sampled_from(["00:00", "02:30", "09:00", "23:59"]), min_size=1, unique=True),
)
def test_the_next_time_is_ahead_and_never_more_than_a_day_and_an_hour(now: int, zone: str, at: list[str]) -> None:
    due = Schedule(zone, tuple(at)).next_after(now)
    assert now < due <= now + 25 * 3_600_000
