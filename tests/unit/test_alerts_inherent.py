"""The inherent grade: hazards, permits, people."""

import pytest

from alerts.place import Places
from alerts.risk import SITE, InherentGrades, Node, Nodes
from alerts.risk.why import why_inherent
from plant.site import Enterprise, Point, Region, Site, Unit


def point(name: str, unit: str, kind: str) -> Point:
    nothing = dict.fromkeys(("unit_symbol", "range_low", "range_high", "ll", "l", "h", "hh", "deadband"))
    more = dict.fromkeys(("topic", "key", "device", "gas", "ref_temp_c", "principle", "calibration_due"))
    return Point(name, unit, "E1", kind, period_s=1, report="periodic", tags=(), **nothing, **more)  # type: ignore[arg-type]


def grades(level: str | None = None, kind: str = "workshop", computed: int | None = None) -> InherentGrades:
    site = Site(
        "Test",
        "UTC",
        None,
        None,
        {"R": Region("R", None, "R"), "empty": Region("empty", None, "E")},
        {"E1": Enterprise("E1", "One", "R")},
        {"U1": Unit("U1", "E1", "u", kind, level), "U2": Unit("U2", "E1", "u", "other")},
        {p.point: p for p in (point("hot", "U1", "permit.hot"), point("n", "U1", "people.count"))},
    )
    return InherentGrades(Nodes(site, Places(site)), {} if computed is None else {"U1": computed})


@pytest.mark.parametrize(
    ("level", "colour"),
    [
        ("1", "red"),
        ("level 2", "orange"),
        ("三级", "yellow"),
        ("IV", "blue"),
        ("III", "yellow"),
        ("Level I", "red"),
        (None, "blue"),
        ("none", "blue"),
    ],
)
def test_the_colour_of_a_level(level: str | None, colour: str) -> None:
    assert grades(level).all({})[Node("unit", "U1")].colour == colour


def test_a_computed_level_comes_before_the_written_one() -> None:
    assert grades("4", computed=1).all({})[SITE].colour == "red"


def test_work_and_people_make_it_graver_and_it_says_so() -> None:
    graded = grades("3")
    assert sorted(graded.points) == ["hot", "n"]
    quiet = graded.all({"hot": 0.0, "n": 9.0})[Node("enterprise", "E1")]
    assert quiet.colour == "yellow"
    both = graded.all({"hot": 1.0, "n": 12.0})[Node("region", "R")]
    assert both.colour == "red"
    assert why_inherent(both) == "red because of U1: level 3, permit.hot at hot, 12 people at n"
    assert "单元 U1" in why_inherent(both, "zh")


def test_a_unit_that_can_kill_those_inside_is_yellow() -> None:
    assert grades(kind="confined_space").all({})[SITE].colour == "yellow"


def test_a_place_without_units_is_ungraded() -> None:
    assert grades().all({})[Node("region", "empty")].colour == "ungraded"
