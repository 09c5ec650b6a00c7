"""Routing against slow and obvious references: every minute of days, every route one by one."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.routes_alarms import alarm
from support.routes_site import made_site

from alerts.place import Place, Places
from alerts.record import AlarmRecord
from alerts.routes.check_routes import covers
from alerts.routes.duty import Duty
from alerts.routes.routing import Routing
from alerts.routes.schema import Match, Roster, RouteSettings, RoutesFile
from alerts.routes.times import FullSpans, QuietHours
from plant.site import CalendarDay, Contact, Site

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE = 60_000

zones = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"])
walls = st.builds("{:02}:{:02}".format, st.integers(4, 23), st.sampled_from([0, 15, 59])) | st.just("00:00")
"""Not in the hours in which clocks change: what a time means then is told by examples."""
contacts = st.sampled_from(["a", "b", "c", "d"])
dates = st.dates(date(2026, 10, 22), date(2026, 10, 28))
"""Around the night in which Berlin puts its clocks back."""
shifts = st.fixed_dictionaries(
    {"from": walls, "to": walls | st.just("24:00"), "contacts": st.lists(contacts, min_size=1, max_size=2)},
    optional={
        "days": st.lists(st.sampled_from(DAYS), min_size=1, max_size=5, unique=True),
        "calendar": st.sampled_from(["workdays", "holidays"]),
    },
)
stand_ins = st.builds(
    lambda who, by, first, more: {
        "for": who,
        "by": by,
        "from": first.isoformat(),
        "to": (first + timedelta(days=more)).isoformat(),
    },
    contacts,
    contacts,
    dates,
    st.integers(0, 2),
)
rosters = st.fixed_dictionaries(
    {"id": st.just("r"), "shifts": st.lists(shifts, min_size=1, max_size=4), "timezone": zones},
    optional={"otherwise": st.lists(contacts, max_size=2), "stand_ins": st.lists(stand_ins, max_size=3)},
)
calendars = st.dictionaries(dates.map(date.isoformat), st.sampled_from(["holiday", "workday"]), max_size=3)


@settings(max_examples=30, deadline=None)
@given(given_roster=rosters, calendar=calendars, start=dates)
def test_who_is_on_duty_at_every_minute(given_roster: dict[str, Any], calendar: Mapping[str, Any], start: date) -> None:
    site = Site("s", "UTC", None, None, calendar={d: CalendarDay(d, kind) for d, kind in calendar.items()})
    roster = Roster.model_validate(given_roster)
    zone = ZoneInfo(roster.timezone or "UTC")
    first = round(datetime(start.year, start.month, start.day, tzinfo=UTC).timestamp() * 1000)
    minutes = range(first, first + 2 * 24 * 60 * MINUTE, 7 * MINUTE)
    duty = Duty(roster, site)
    expected = {t: reference_duty(roster, calendar, zone, t) for t in minutes}
    assert {t: duty.at(t).contacts for t in minutes} == expected
    spans = list(duty.spans(minutes[0], minutes[-1] + 1))
    assert [s.until for s in spans[:-1]] == [s.since for s in spans[1:]]
    assert {t: next(s.contacts for s in spans if s.since <= t < s.until) for t in minutes} == expected


def reference_duty(roster: Roster, calendar: Mapping[str, str], zone: ZoneInfo, t: int) -> tuple[str, ...]:
    now = datetime.fromtimestamp(t / 1000, zone)
    today = now.date()
    wall = now.strftime("%H:%M")
    found: list[str] = []
    for shift in roster.shifts:
        for begun in (today - timedelta(days=1), today):
            over_midnight = shift.to <= shift.from_
            if begun == today:
                on = shift.from_ <= wall and (over_midnight or wall < shift.to)
            else:
                on = over_midnight and wall < shift.to
            workday = calendar.get(begun.isoformat(), "workday" if begun.weekday() < 5 else "holiday") == "workday"
            right_day = shift.calendar is None or workday == (shift.calendar == "workdays")
            if on and right_day and DAYS[begun.weekday()] in shift.days:
                found += [stand_in_of(roster, contact, begun) for contact in shift.contacts]
    found = found or [stand_in_of(roster, contact, today) for contact in roster.otherwise]
    return tuple(dict.fromkeys(found))


def stand_in_of(roster: Roster, contact: str, day: date) -> str:
    seen: list[str] = []
    while contact not in seen:
        seen.append(contact)
        there = [e.by for e in roster.stand_ins if e.for_ == contact and e.from_ <= day.isoformat() <= e.to]
        contact = there[0] if there else contact
    return contact


@settings(max_examples=30, deadline=None)
@given(zone=zones, start=walls, end=walls | st.just("24:00"), day=dates)
def test_quiet_ends_at_the_first_minute_that_is_not(zone: str, start: str, end: str, day: date) -> None:
    if start == end or (start, end) == ("00:00", "24:00"):
        return
    site = Site("s", zone, None, None, contacts={"c": Contact("c", "c", quiet=f"{start}-{end}")})
    quiet = QuietHours(site)
    first = round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)

    def is_quiet(t: int) -> bool:
        wall = datetime.fromtimestamp(t / 1000, ZoneInfo(zone)).strftime("%H:%M")
        return start <= wall < end if start < end else wall >= start or wall < end

    for t in range(first, first + 24 * 60 * MINUTE, 41 * MINUTE):
        expected = t
        while is_quiet(expected):
            expected += MINUTE - expected % MINUTE
        assert quiet.until("c", t) == expected


@settings(max_examples=30, deadline=None)
@given(zone=zones, span_min=st.sampled_from([1, 7, 60, 300, 1440]), day=dates, minute=st.integers(0, 1439))
def test_a_full_span_is_the_first_one_after(zone: str, span_min: int, day: date, minute: int) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp() * 1000
    at = round(midnight) + minute * MINUTE
    expected = at + MINUTE
    while minutes_since_midnight(expected, zone) % span_min:
        expected += MINUTE
    assert FullSpans(zone).next(span_min * 60, at) == expected


def minutes_since_midnight(t: int, zone: str) -> int:
    local = datetime.fromtimestamp(t / 1000, ZoneInfo(zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return round(t - midnight.timestamp() * 1000) // MINUTE


SUBJECTS = ("E1-G1", "E2-G1", "E3-A1", "E1-T", "E2-W", "E3", "site", "gone")
matches = st.fixed_dictionaries(
    {},
    optional={
        "severity": st.lists(st.sampled_from(["red", "orange", "yellow"]), max_size=2),
        "rule": st.lists(st.sampled_from(["gas-*", "gas-combustible", "*", "ammonia"]), min_size=1, max_size=2),
        "kind": st.lists(st.sampled_from(["gas.*", "ammonia.ppm", "*"]), min_size=1, max_size=2),
        "level": st.lists(st.sampled_from(["h", "hh", "on"]), max_size=2),
        "side": st.lists(st.sampled_from(["high", "low", ""]), max_size=2),
        "region": st.lists(st.sampled_from(["county", "north", "south"]), max_size=2),
        "park": st.lists(st.sampled_from(["Port"]), max_size=1),
        "enterprise": st.lists(st.sampled_from(["E1", "E2", "E*", "?3"]), min_size=1, max_size=2),
        "unit": st.lists(st.sampled_from(["E1-T", "*-W", "*"]), min_size=1, max_size=2),
        "unit_kind": st.lists(st.sampled_from(["tank_farm", "workshop"]), max_size=2),
        "industry": st.lists(st.sampled_from(["chemicals", "furniture"]), max_size=2),
        "tags": st.lists(st.sampled_from(["sis", "east"]), max_size=2),
        "historical": st.booleans(),
        "exercise": st.booleans(),
        "hours": st.sampled_from([{"shift": [{"from": "08:00", "to": "20:00"}]}, {"calendar": "holidays"}]),
    },
)
alarms = st.builds(
    alarm,
    st.sampled_from(["red", "orange", "yellow", "blue"]),
    st.sampled_from(["h", "hh", "on"]),
    rule=st.sampled_from(["gas-combustible", "ammonia"]),
    side=st.sampled_from(["high", "low", ""]),
    historical=st.booleans(),
    exercise=st.booleans(),
    raised_at=st.integers(1_790_000_000_000, 1_790_900_000_000),
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return made_site(Path(tmp_path_factory.mktemp("site")))


@settings(max_examples=80, deadline=None)
@given(
    wanted=st.lists(st.tuples(matches, st.booleans()), max_size=6),
    looked=st.lists(st.tuples(alarms, st.sampled_from(SUBJECTS)), min_size=1, max_size=8),
)
def test_the_routes_found_are_those_that_fit(
    site: Site, wanted: list[tuple[dict[str, Any], bool]], looked: list[tuple[AlarmRecord, str]]
) -> None:
    routes = [
        {"id": f"r{n}", "match": match, "last": last, "ladder": [{"to": [{"contact": "zhang"}]}]}
        for n, (match, last) in enumerate(wanted)
    ]
    told = Routing(RoutesFile.model_validate({"routes": routes}), site, Places(site))
    for record, subject in looked:
        place = told.places.of(subject)
        expected: list[RouteSettings] = []
        for route in told.file.routes:
            if fits(route.match, record, place):
                expected.append(route)
                if route.last:
                    break
        assert list(told.matching(record, place)) == expected


def fits(match: Match, record: AlarmRecord, place: Place) -> bool:
    def glob(globs: tuple[str, ...] | None, text: str) -> bool:
        return globs is None or any(text != "" and fnmatchcase(text, one) for one in globs)

    raised = datetime.fromtimestamp(record.raised_at / 1000, ZoneInfo("Asia/Shanghai"))
    hours = match.hours is None or (8 <= raised.hour < 20 if match.hours.shift else raised.weekday() >= 5)
    return (
        (not match.severity or record.peak_severity in match.severity)
        and glob(match.rule, record.rule)
        and glob(match.kind, place.kind)
        and (not match.level or record.peak_level in match.level)
        and (not match.side or record.side in match.side)
        and (not match.region or any(region in match.region for region in place.regions))
        and (not match.park or place.park in match.park)
        and glob(match.enterprise, place.enterprise)
        and glob(match.unit, place.unit)
        and (not match.unit_kind or place.unit_kind in match.unit_kind)
        and (not match.industry or place.industry in match.industry)
        and all(tag in place.tags for tag in match.tags)
        and match.historical in (None, record.historical)
        and match.exercise is record.exercise
        and hours
    )


@settings(max_examples=100, deadline=None)
@given(one=matches, other=matches, record=alarms, subject=st.sampled_from(SUBJECTS))
def test_a_match_that_covers_another_fits_all_that_it_fits(
    site: Site, one: dict[str, Any], other: dict[str, Any], record: AlarmRecord, subject: str
) -> None:
    wider, narrower = Match.model_validate(one), Match.model_validate(one | other)
    place = Places(site).of(subject)
    if covers(wider, narrower) and fits(narrower, record, place):
        assert fits(wider, record, place)
