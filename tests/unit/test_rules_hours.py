"""Hours: shifts over midnight, calendars, and clocks that are put forward and back."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plant.site import CalendarDay
from rules.engine.columns import NEVER_MS
from rules.engine.hours import Hours
from rules.schema import Shift

CALENDAR = {
    "2024-10-01": CalendarDay("2024-10-01", "holiday", "National Day"),
    "2024-10-12": CalendarDay("2024-10-12", "workday"),
}


def hours(*shifts: dict[str, Any], zone: str = "Asia/Shanghai", calendar: Any = None, days: Any = CALENDAR) -> Hours:
    return Hours(zone, tuple(Shift.model_validate(shift) for shift in shifts), calendar, days)


def ms(text: str, zone: str = "Asia/Shanghai", fold: int = 0) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)


def inside(some: Hours, *times: int) -> list[bool]:
    return [bool(some.in_force(np.array([t]))[0]) for t in times]


def test_a_day_shift_holds_from_its_start_until_just_before_its_end() -> None:
    day = hours({"from": "08:00", "to": "20:00", "days": ["fri"]})
    start, end = ms("2024-11-22T08:00"), ms("2024-11-22T20:00")
    assert inside(day, start - 1, start, end - 1, end) == [False, True, True, False]
    assert inside(day, start + 86_400_000) == [False]


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    night = hours({"from": "20:00", "to": "08:00", "days": ["fri"]})
    assert inside(night, ms("2024-11-23T07:59"), ms("2024-11-22T07:59"), ms("2024-11-23T20:00")) == [True, False, False]
    worked = hours({"from": "20:00", "to": "08:00"}, calendar="workdays")
    assert inside(worked, ms("2024-11-23T07:59"), ms("2024-11-23T20:00"), ms("2024-11-25T07:59")) == [
        True,
        False,
        False,
    ]


def test_the_calendar_goes_before_the_day_of_the_week() -> None:
    worked, free = hours(calendar="workdays"), hours(calendar="holidays")
    for day, is_worked in (("10-01", False), ("10-02", True), ("10-12", True), ("10-13", False)):
        noon = ms(f"2024-{day}T12:00")
        assert inside(worked, noon) == [is_worked]
        assert inside(free, noon) == [not is_worked]


def test_a_time_that_is_skipped_or_comes_twice_widens_the_span() -> None:
    berlin = "Europe/Berlin"
    skipped = hours({"from": "02:30", "to": "04:00"}, zone=berlin)
    forward = ms("2024-03-31T03:00", berlin)
    assert inside(skipped, forward - 30 * 60_000 - 1, forward - 30 * 60_000, forward) == [False, True, True]
    twice = hours({"from": "00:00", "to": "02:30"}, zone=berlin)
    end = ms("2024-10-27T02:30", berlin, fold=1)
    assert end - ms("2024-10-27T02:30", berlin) == 3_600_000
    assert inside(twice, end - 1, end) == [True, False]
    whole_day = hours({"from": "00:00", "to": "24:00"}, zone=berlin)
    assert all(inside(whole_day, forward, end, forward - 1))


def test_what_comes_next() -> None:
    def following(some: Hours, t: int) -> int:
        return int(some.next_in_force(np.array([t]))[0])

    day = hours({"from": "08:00", "to": "20:00", "days": ["mon"]})
    monday = ms("2024-11-25T08:00")
    assert following(day, ms("2024-11-22T12:00")) == monday
    assert following(day, monday + 5) == monday + 5
    # The only Saturday that is worked lies far ahead; afterwards there is none.
    rare = hours({"from": "08:00", "to": "20:00", "days": ["sat"]}, calendar="workdays")
    assert following(rare, ms("2022-01-01T00:00")) == ms("2024-10-12T08:00")
    assert following(rare, ms("2024-10-12T20:00")) == NEVER_MS


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(ms("2016-01-01T00:00"), ms("2030-01-01T00:00")), min_size=1, max_size=20))
def test_what_was_asked_before_does_not_matter(times: list[int]) -> None:
    shift = {"from": "22:00", "to": "06:00", "days": ["mon", "sat"]}
    one = hours(shift, zone="America/New_York", calendar="workdays")
    together = hours(shift, zone="America/New_York", calendar="workdays").in_force(np.array(times))
    assert inside(one, *times) == together.tolist()


@pytest.mark.parametrize("t", [-(2**61), -1, 0, 2**61])
def test_times_beyond_all_calendars_are_no_error(t: int) -> None:
    night = hours({"from": "20:00", "to": "08:00"})
    assert len(night.in_force(np.array([t]))) == len(night.next_in_force(np.array([t]))) == 1
