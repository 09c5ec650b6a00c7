"""Who is told: people by contact, roster, role and nearness, at a time; over what; and when the quiet ends."""

from pathlib import Path
from typing import Any

import pytest
from support.routes_alarms import alarm, ms
from support.routes_site import FILES, made_site

from alerts.call import Way
from alerts.place import Places
from alerts.routes.routing import Routing
from alerts.routes.schema import RoutesFile, Who
from alerts.telling.port import Routes


def routing(folder: Path, file: dict[str, Any] | None = None, **files: str) -> Routing:
    site = made_site(folder, **files)
    return Routing(RoutesFile.model_validate(file or {}), site, Places(site))


DUTY = {
    "id": "duty",
    "shifts": [
        {"from": "08:00", "to": "20:00", "contacts": ["zhang", "li"]},
        {"from": "20:00", "to": "08:00", "contacts": ["wang"]},
    ],
    "stand_ins": [{"for": "wang", "by": "zhao", "from": "2026-10-01", "to": "2026-10-02"}],
}


def on_duty(told: Routing, at: str, zone: str = "Asia/Shanghai", fold: int = 0) -> tuple[str, ...]:
    return told.people(Who(roster="duty"), told.places.of("E1-G1"), ms(at, zone, fold))


def test_routing_answers_what_telling_asks(tmp_path: Path) -> None:
    port: Routes = routing(tmp_path)
    assert port.routes == {}


def test_shifts_change_on_the_minute_and_run_over_midnight(tmp_path: Path) -> None:
    told = routing(tmp_path, {"rosters": [DUTY]})
    assert on_duty(told, "2026-11-01T07:59:59.999") == ("wang",)
    assert on_duty(told, "2026-11-01T08:00") == ("zhang", "li")
    assert on_duty(told, "2026-11-01T20:00") == ("wang",)
    assert on_duty(told, "2026-11-02T03:00") == ("wang",)


def test_a_stand_in_takes_the_shifts_that_begin_on_his_days(tmp_path: Path) -> None:
    told = routing(tmp_path, {"rosters": [DUTY]})
    assert on_duty(told, "2026-10-01T07:00") == ("wang",), "the night before is still his own"
    assert on_duty(told, "2026-10-01T21:00") == ("zhao",)
    assert on_duty(told, "2026-10-03T07:59") == ("zhao",), "begun on the last day"
    assert on_duty(told, "2026-10-03T20:00") == ("wang",)


def test_a_stand_in_may_have_a_stand_in(tmp_path: Path) -> None:
    stand_ins = [*DUTY["stand_ins"], {"for": "zhao", "by": "li", "from": "2026-10-02", "to": "2026-10-09"}]  # type: ignore[misc]
    told = routing(tmp_path, {"rosters": [DUTY | {"stand_ins": stand_ins}]})
    assert on_duty(told, "2026-10-01T21:00") == ("zhao",)
    assert on_duty(told, "2026-10-02T21:00") == ("li",)


def test_holidays_have_shifts_of_their_own(tmp_path: Path) -> None:
    shifts = [
        {"from": "00:00", "to": "24:00", "contacts": ["zhang"], "calendar": "workdays"},
        {"from": "00:00", "to": "24:00", "contacts": ["li"], "calendar": "holidays"},
    ]
    calendar = "date,kind,name\n2026-10-01,holiday,National Day\n2026-10-10,workday,\n"
    told = routing(tmp_path, {"rosters": [{"id": "duty", "shifts": shifts}]}, calendar=calendar)
    assert on_duty(told, "2026-09-30T12:00") == ("zhang",)
    assert on_duty(told, "2026-10-01T00:00") == ("li",), "a Thursday that is a holiday"
    assert on_duty(told, "2026-10-10T12:00") == ("zhang",), "a Saturday that is worked"
    assert on_duty(told, "2026-10-11T12:00") == ("li",)


def test_when_no_shift_says_so_the_others_are_on_duty(tmp_path: Path) -> None:
    day = {"from": "08:00", "to": "20:00", "contacts": ["zhang"]}
    stand_in = {"for": "room", "by": "boss", "from": "2026-11-02", "to": "2026-11-02"}
    told = routing(
        tmp_path, {"rosters": [{"id": "duty", "shifts": [day], "otherwise": ["room"], "stand_ins": [stand_in]}]}
    )
    assert on_duty(told, "2026-11-01T21:00") == ("room",)
    assert on_duty(told, "2026-11-02T00:00") == ("boss",)
    assert on_duty(told, "2026-11-02T08:00") == ("zhang",)


def test_a_roster_goes_by_its_own_time_zone(tmp_path: Path) -> None:
    told = routing(tmp_path, {"rosters": [DUTY | {"timezone": "Europe/Berlin"}]})
    assert on_duty(told, "2026-11-10T08:00") == ("wang",)
    assert on_duty(told, "2026-11-10T08:00", "Europe/Berlin") == ("zhang", "li")


def test_nobody_is_missing_when_clocks_are_put_forward_or_back(tmp_path: Path) -> None:
    """The night of 2026-10-25 in Berlin has 02:30 twice, that of 2026-03-29 has none."""
    shifts = [
        {"from": "02:30", "to": "14:00", "contacts": ["zhang"]},
        {"from": "14:00", "to": "02:30", "contacts": ["wang"]},
    ]
    told = routing(tmp_path, {"rosters": [{"id": "duty", "shifts": shifts, "timezone": "Europe/Berlin"}]})
    berlin = "Europe/Berlin"
    assert on_duty(told, "2026-10-25T02:29", berlin) == ("wang",)
    assert on_duty(told, "2026-10-25T02:30", berlin) == ("zhang", "wang"), "both, while it may be either"
    assert on_duty(told, "2026-10-25T02:29", berlin, fold=1) == ("zhang", "wang")
    assert on_duty(told, "2026-10-25T02:30", berlin, fold=1) == ("zhang",)
    assert on_duty(told, "2026-03-29T01:29", berlin) == ("wang",)
    assert on_duty(told, "2026-03-29T01:30", berlin) == ("zhang", "wang")
    assert on_duty(told, "2026-03-29T03:29", berlin) == ("zhang", "wang")
    assert on_duty(told, "2026-03-29T03:30", berlin) == ("zhang",)


@pytest.mark.parametrize(
    ("role", "of", "subject", "people"),
    [
        ("safety", None, "E1-G1", ("safe1",)),
        ("safety", "enterprise", "E2-W", ("safe2",)),
        ("manager", "enterprise", "E2-G1", ()),
        ("leader", "region", "E1-G1", ("north-boss",)),
        ("leader", "region", "E3-A1", ()),
        ("leader", "nearest", "E1-G1", ("north-boss",)),
        ("leader", "nearest", "E3-A1", ("boss",)),
        ("duty", "nearest", "E1-G1", ("zhang", "li", "wang")),
        ("leader", "county", "E1-G1", ("boss",)),
        ("safety", "E3", "E1-G1", ("safe3",)),
        ("leader", "nearest", "site", ("boss",)),
        ("safety", "enterprise", "site", ()),
    ],
)
def test_a_role_is_looked_for_where_it_is_said(
    tmp_path: Path, role: str, of: str | None, subject: str, people: tuple[str, ...]
) -> None:
    told = routing(tmp_path)
    assert told.people(Who(role=role, of=of), told.places.of(subject), 0) == people


def test_who_answers_for_everything_is_the_nearest_of_last_resort(tmp_path: Path) -> None:
    contacts = "contact,name,role,channels\nroot,Root,chief,sms\n"
    told = routing(tmp_path, contacts=contacts)
    assert told.people(Who(role="chief", of="nearest"), told.places.of("E3-A1"), 0) == ("root",)
    assert told.people(Who(role="chief", of="region"), told.places.of("E3-A1"), 0) == ()


def test_a_contact_is_themselves_and_nobody_when_gone(tmp_path: Path) -> None:
    told = routing(tmp_path, {"rosters": [DUTY | {"otherwise": ["gone"]}]})
    place = told.places.of("E1-G1")
    assert told.people(Who(contact="li"), place, 0) == ("li",)
    assert told.people(Who(contact="gone"), place, 0) == ()
    assert told.people(Who(roster="gone"), place, 0) == ()


def test_neighbours_are_as_far_away_as_their_nearest_part(tmp_path: Path) -> None:
    """E2's own position is 0.008 degrees of latitude from the tanks of E1, 889.6 m on a sphere of 6371.0088 km."""
    told = routing(tmp_path / "a")
    place = told.places.of("E1-G1")
    ((contact, metres),) = told.neighbours(1000, "safety", place)
    assert contact == "safe2"
    assert metres == pytest.approx(889.56, abs=0.01)
    assert told.neighbours(metres - 0.01, "safety", place) == ()
    assert told.neighbours(metres, "safety", place) == ((contact, metres),)
    assert told.people(Who(within_m=1000), place, 0) == ("safe2",)
    assert told.neighbours(50_000, "manager", place) == ()
    closer = FILES["units.csv"].replace("workshop,,", "workshop,30.002,120.000")
    nearer = routing(tmp_path / "b", units=closer)
    ((_, metres),) = nearer.neighbours(1000, "safety", nearer.places.of("E1-G1"))
    assert metres == pytest.approx(111.19, abs=0.01)


def test_without_a_position_there_are_no_neighbours(tmp_path: Path) -> None:
    told = routing(tmp_path)
    assert told.neighbours(50_000, "safety", told.places.of("E3-A1")) == ()


def test_ways_are_the_contacts_own_or_those_of_the_rung(tmp_path: Path) -> None:
    told = routing(tmp_path)
    assert told.ways("zhang") == (Way("zhang", "sms"), Way("zhang", "ding"))
    assert told.ways("zhang", ("voice", "sms", "voice")) == (Way("zhang", "voice"), Way("zhang", "sms"))
    assert told.ways("gone") == () == told.ways("gone", ("sms",))


def test_quiet_hours_run_over_midnight(tmp_path: Path) -> None:
    told = routing(tmp_path)
    end = ms("2026-11-02T07:00")
    assert told.quiet_until("boss", ms("2026-11-01T21:59:59")) == ms("2026-11-01T21:59:59")
    assert [told.quiet_until("boss", ms(t)) for t in ("2026-11-01T22:00", "2026-11-02T00:00", "2026-11-02T06:59")] == [
        end,
        end,
        end,
    ]
    assert told.quiet_until("boss", end) == end
    assert told.quiet_until("zhang", ms("2026-11-02T00:00")) == ms("2026-11-02T00:00")


def test_full_spans_count_from_midnight(tmp_path: Path) -> None:
    told = routing(tmp_path)
    at = ms("2026-11-01T10:20")
    assert told.next_full_span(3600, at) == ms("2026-11-01T11:00")
    assert told.next_full_span(3600, ms("2026-11-01T11:00")) == ms("2026-11-01T12:00"), "it has begun already"
    assert told.next_full_span(86_400, at) == ms("2026-11-02T00:00")
    assert told.next_full_span(5 * 3600, ms("2026-11-01T21:00")) == ms("2026-11-02T00:00"), "every midnight is one"
    assert told.next_full_span(0, at) == at


def test_who_answers_for_an_enterprise_is_of_its_tier(tmp_path: Path) -> None:
    told = routing(tmp_path)
    assert [told.tier_of(by) for by in ("safe1", "boss", "zhao", "stranger")] == [
        "enterprise",
        "centre",
        "centre",
        "centre",
    ]
    assert (told.name_of("safe1"), told.name_of("stranger")) == ("安一", "stranger")


def route(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "ladder": [{"to": [{"contact": "zhang"}]}], **more}


def test_the_last_route_is_the_last(tmp_path: Path) -> None:
    file = {
        "routes": [
            route("tanks", match={"unit_kind": ["tank_farm"], "severity": ["orange"]}, last=True),
            route("all"),
            route("practice", match={"exercise": True}),
        ]
    }
    told = routing(tmp_path, file)
    place = told.places.of("E1-G1")
    assert [r.id for r in told.matching(alarm("orange", "h"), place)] == ["tanks"]
    assert [r.id for r in told.matching(alarm("red"), place)] == ["all"]
    assert [r.id for r in told.matching(alarm("red", exercise=True), place)] == ["practice"]


def test_peak_severity_and_level_decide(tmp_path: Path) -> None:
    told = routing(tmp_path, {"routes": [route("red", match={"severity": ["red"], "level": ["hh"]})]})
    fallen = alarm("orange", "h", peak_severity="red", peak_level="hh")
    assert [r.id for r in told.matching(fallen, told.places.of("E1-G1"))] == ["red"]


def test_hours_go_by_when_the_alarm_was_raised(tmp_path: Path) -> None:
    night = {"hours": {"shift": [{"from": "20:00", "to": "08:00"}]}}
    told = routing(
        tmp_path, {"routes": [route("night", match=night), route("off", match={"hours": {"calendar": "holidays"}})]}
    )
    place = told.places.of("E1-G1")
    found = {
        at: [r.id for r in told.matching(alarm(raised_at=ms(at)), place)]
        for at in ("2026-11-02T21:00", "2026-11-01T12:00", "2026-11-02T12:00")
    }
    assert found == {"2026-11-02T21:00": ["night"], "2026-11-01T12:00": ["off"], "2026-11-02T12:00": []}
