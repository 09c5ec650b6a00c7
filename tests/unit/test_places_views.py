"""What pages about places show, as data: bars, rows of points, outlines, trends, pages of rows, devices."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.port import Facts
from alerts.machine import State
from alerts.record import AlarmRecord
from alerts.risk import Inherent, Node, NodeState
from plant.quality import Quality
from plant.site import Enterprise, Point, Region
from rules.events import Crossing
from tocsin.centre.alarms import Listed
from tocsin.centre.latest import Latest
from tocsin.centre.rules_of import LevelLimit
from tocsin.console.places import alarm_lines
from tocsin.console.places.bar import scale_of
from tocsin.console.places.chart import statistics, trend_option
from tocsin.console.places.colouring import because_words, inherent_badge
from tocsin.console.places.device_rows import in_order, line_of, share_lines
from tocsin.console.places.geometry import LatLon, outline, spread_km
from tocsin.console.places.live_points import severities_of
from tocsin.console.places.map_view import Forms, form_of, groups_of, outlines, rank_of, view_of
from tocsin.console.places.paging import paged
from tocsin.console.places.points import changed, now_of, row_of
from tocsin.console.places.words import SHARED
from tocsin.history.query import Trend
from tocsin.inventory.inventory import DeviceRow, Share
from tocsin.inventory.standing import State as DeviceState
from tocsin.risk.view import Risk

NOW_MS = 1_732_190_000_000
EN = SHARED.said("en")
POINT = Point(
    "P1", "U1", "E1", "gas.combustible", "%LEL", 0.0, 100.0, 2.0, "periodic", None, None, 25.0, 50.0, 2.0,
    None, None, "D1", None, None, None, None, (),
)  # fmt: skip
LIMITS = [LevelLimit("h", 25.0, "orange", 2.0, "gas"), LevelLimit("hh", 50.0, "red", 2.0, "gas")]


def record(**more: Any) -> AlarmRecord:
    fields: dict[str, Any] = {
        "alarm": "a1", "rule": "gas", "version": 1, "subject": "P1", "side": "high", "enterprise": "E1",
        "state": State.ACTIVE_UNACKNOWLEDGED, "level": "h", "severity": "orange", "peak_level": "h",
        "peak_severity": "orange", "worst_severity": "orange", "raised_at": NOW_MS, "last_at": NOW_MS, "value": 30.0,
        "limit": 25.0, "onset": None, "historical": False, "exercise": False, "reason": "", "events": 1,
        "latching": False,
    }  # fmt: skip
    return AlarmRecord(**(fields | more))


def heard(value: float | None, quality: Quality = Quality.GOOD, ago_ms: int = 0) -> Latest:
    return Latest("P1", value, quality, NOW_MS - ago_ms, NOW_MS - ago_ms)


def test_a_bar_has_its_zones_beyond_the_limits() -> None:
    scale = scale_of(0.0, 200.0, [*LIMITS, LevelLimit("l", 10.0, "yellow", 0.0, "low")])
    assert scale is not None
    assert [(z.start, z.end, z.severity) for z in scale.zones] == [
        (12.5, 100.0, "orange"),
        (0.0, 5.0, "yellow"),
        (25.0, 100.0, "red"),
    ]
    assert [scale.at(v) for v in (-5.0, 0.0, 100.0, 900.0)] == [0.0, 0.0, 50.0, 100.0]
    assert scale_of(None, None, []) is None
    assert scale_of(5.0, 5.0, []) is None


LEVELS = st.sampled_from(["ll", "l", "h", "hh"])
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


@given(
    st.none() | NUMBERS,
    st.none() | NUMBERS,
    st.lists(st.builds(LevelLimit, LEVELS, NUMBERS, st.just("red"), st.just(0.0), st.just("r")), max_size=4),
    NUMBERS,
)
def test_whatever_the_range_a_value_stands_on_the_bar(
    low: float | None, high: float | None, limits: list[LevelLimit], value: float
) -> None:
    scale = scale_of(low, high, limits)
    if scale is None:
        return
    assert scale.low < scale.high
    assert 0.0 <= scale.at(value) <= 100.0
    assert all(0.0 <= zone.start < zone.end <= 100.0 for zone in scale.zones)


@pytest.mark.parametrize(
    ("latest", "figure", "state", "at"),
    [
        (None, "—", "never", None),
        (heard(30.0), "30", "good", 30.0),
        (heard(30.0, Quality.UNCERTAIN), "30", "uncertain", 30.0),
        (heard(30.0, Quality.BAD), "—", "bad", None),
        (heard(None), "—", "good", None),
        (heard(30.0, ago_ms=6_900), "30", "good", 30.0),
        (heard(30.0, ago_ms=7_100), "30", "old", 30.0),
    ],
)
def test_a_value_that_can_not_be_trusted_does_not_look_like_one(
    latest: Latest | None, figure: str, state: str, at: float | None
) -> None:
    now = now_of(row_of(POINT, LIMITS, "en"), latest, None, NOW_MS)
    assert (now.figure, now.state, now.at) == (figure, state, at)


def test_a_point_that_reports_on_change_does_not_grow_old() -> None:
    row = row_of(replace(POINT, report="on_change", unit_symbol="1"), LIMITS, "zh")
    assert now_of(row, heard(1.0, ago_ms=86_400_000), None, NOW_MS).state == "good"
    assert (row.kind, row.symbol) == ("可燃气体", "")


def test_an_alarm_that_is_over_is_not_shown_as_one_that_is_on() -> None:
    over = record(alarm="a2", peak_severity="red", state=State.RETURNED_UNACKNOWLEDGED)
    assert severities_of([over, record()]) == {"P1": "orange"}
    assert severities_of([over]) == {"P1": ""}
    row = row_of(POINT, LIMITS, "en")
    on, waiting, none = (now_of(row, heard(1.0), s, NOW_MS) for s in ("red", "", None))
    assert [(now.severity, now.over) for now in (on, waiting, none)] == [("red", False), ("", True), ("", False)]


def test_only_what_looks_otherwise_is_told() -> None:
    row = row_of(POINT, LIMITS, "en")
    before = {"P1": now_of(row, heard(1.0, ago_ms=2000), None, NOW_MS)}
    assert changed(before, [now_of(row, heard(1.0), None, NOW_MS)]) == []
    assert changed(before, [now_of(row, heard(2.0), None, NOW_MS)])
    assert changed(before, [now_of(row, heard(1.0), "red", NOW_MS)])
    assert changed({}, [before["P1"]]) == [before["P1"]]


PLACES = st.lists(st.tuples(st.floats(20, 50), st.floats(80, 130)), min_size=1, max_size=30)


@given(PLACES, st.floats(0.1, 5))
def test_an_outline_holds_every_place(places: list[LatLon], margin_km: float) -> None:
    corners = outline(places, margin_km)
    assert len(corners) >= 3
    for lat, lon in places:
        for (a, b), (c, d) in zip(corners, [*corners[1:], corners[0]], strict=True):
            assert (c - a) * (lon - b) - (d - b) * (lat - a) >= -1e-9


def test_nothing_has_no_outline() -> None:
    assert outline([], 1.0) == []
    assert spread_km([]) == 0.0
    assert view_of({}, (40.0, 110.0)) == ((39.95, 109.95), (40.05, 110.05))
    assert spread_km([(40.0, 110.0), (41.0, 110.0)]) == pytest.approx(111.3, abs=0.1)


REGIONS = [Region("d", None, "District"), Region("n", "d", "North"), Region("s", "d", "South")]
ENTERPRISES = [Enterprise("E1", "One", "n"), Enterprise("E2", "Two", "s"), Enterprise("E3", "Three", "gone")]


def test_enterprises_stand_under_their_regions() -> None:
    groups = groups_of(REGIONS, ENTERPRISES)
    assert [(g.region, g.name, g.above, [e.enterprise for e in g.enterprises]) for g in groups] == [
        ("n", "North", ("d",), ["E1"]),
        ("s", "South", ("d",), ["E2"]),
        ("gone", "gone", (), ["E3"]),
    ]
    drawn = outlines(groups, {"E1": (40.0, 110.0), "E2": (40.1, 110.0)})
    assert set(drawn) == {"d", "n", "s"}
    assert spread_km(drawn["d"]) > spread_km(drawn["n"])


def risk(colour: str, active: dict[str, int] | None = None, inherent: str | None = "yellow", **more: Any) -> Risk:
    state: dict[str, Any] = {
        "colour": colour, "because": "", "overdue": False, "active": active or {}, "unacknowledged": 0, "withheld": {},
        "overdue_disposals": 0, "points": 4, "silent": 0,
    }  # fmt: skip
    grade = None if inherent is None else Inherent(inherent, "U1", ("kind reactor",))
    return Risk(Node("enterprise", "E1"), "One", grade, NodeState(**(state | more)), None)


def test_the_worst_places_come_first() -> None:
    ordered = [
        risk("red", {"red": 2}), risk("red", {"red": 1}), risk("orange", {"orange": 90}), risk("blue", {"blue": 1}),
        risk("no_data", silent=4), risk("normal"),
    ]  # fmt: skip
    assert sorted(ordered, key=lambda r: -rank_of(r)) == ordered


def test_a_place_says_by_word_and_shape_what_its_colour_says() -> None:
    form = form_of(risk("no_data", unacknowledged=2, silent=4, overdue_disposals=1, withheld={"shelved": 3}), "en")
    assert (form["severity"], form["shape"], form["word"], form["inherent"]) == ("none", "▨", "no data", "yellow")
    for said in ("2 not acknowledged", "disposal overdue 1", "3 withheld", "4 of 4 points without data"):
        assert said in form["note"]
    assert "not graded" in form_of(risk("normal", inherent="ungraded"), "en")["inherent_html"]
    assert "not graded" in inherent_badge(None, "en")
    assert form_of(risk("red", {"red": 2, "blue": 1}), "zh")["count"] == 3
    forms = Forms()
    first = forms.of(risk("red", {"red": 2}), "en")
    assert forms.of(risk("red", {"red": 2}), "en") is first
    assert forms.of(risk("red", {"red": 3}), "en") is not first


def test_why_a_place_has_its_grade_is_said_in_words() -> None:
    facts = ("level 2", "kind reactor", "12 people at P8", "permit.hot at P7", "something else")
    assert because_words(facts, "zh") == [
        "重大危险源 2 级",
        "反应装置",
        "P8 处 12 人",
        "P7 有动火作业票",
        "something else",
    ]
    assert because_words(facts[:1], "en") == ["major hazard of level 2"]


def trend(step_ms: int = 60_000) -> Trend:
    at = [NOW_MS + n * 60_000 for n in range(5)]
    return Trend(
        "P1", NOW_MS, NOW_MS + 300_000, "minute", step_ms, "influx",
        at_ms=at,
        low=[1.0, 2.0, None, 20.0, 3.0],
        mean=[2.0, 4.0, None, 26.0, 4.0],
        high=[3.0, 6.0, None, 30.0, 5.0],
        last=[2.0, 5.0, None, 28.0, 4.0],
        bad=[0.0, 0.5, 0.0, 0.0, 0.0],
    )  # fmt: skip


def test_statistics_are_of_what_is_shown() -> None:
    found = statistics(trend(), LIMITS)
    assert (found.low, found.mean, found.high, found.last) == (1.0, 9.0, 30.0, 4.0)
    assert (found.bad, found.beyond) == (0.1, 0.25)
    nothing = statistics(Trend("P1", 0, 1, "raw", 0, "journal"), LIMITS)
    assert nothing == (None, None, None, None, 0.0, None)
    assert statistics(trend(), []).beyond is None


def test_a_trend_is_drawn_with_limits_bands_and_forecast() -> None:
    coming = Crossing(NOW_MS + 600_000, NOW_MS + 500_000, None)
    alarms = [
        record(raised_at=NOW_MS + 60_000, cleared_at=NOW_MS + 120_000),
        record(alarm="a2", raised_at=NOW_MS - 900_000, cleared_at=NOW_MS - 1),
        record(alarm="a3", raised_at=NOW_MS + 180_000, forecast=coming, limit=50.0, severity="red"),
    ]
    option = trend_option(trend(), LIMITS, alarms, EN, "%LEL", NOW_MS + 300_000)
    series = {one["id"]: one for one in option["series"]}
    assert set(series) == {"low", "spread", "value", "forecast-a3"}
    assert series["value"]["data"][2] == (NOW_MS + 120_000, None), "the line breaks where there was nothing"
    assert [line["yAxis"] for line in series["value"]["markLine"]["data"]] == [25.0, 50.0]
    bands = series["value"]["markArea"]["data"]
    assert [(a["xAxis"], b["xAxis"]) for a, b in bands] == [
        (NOW_MS + 60_000, NOW_MS + 120_000),
        (NOW_MS + 180_000, NOW_MS + 300_000),
    ]
    assert series["forecast-a3"]["data"] == [(NOW_MS + 240_000, 4.0), (NOW_MS + 600_000, 50.0)]
    assert option["xAxis"]["max"] == NOW_MS + 600_000
    assert option["yAxis"]["min"] == 0.0
    assert option["yAxis"]["max"] > 50.0
    raw = trend_option(trend(step_ms=0), [], [], EN, "", NOW_MS)
    assert [one["id"] for one in raw["series"]] == ["value"]
    assert raw["series"][0]["data"][3][1] == 28.0


@given(st.lists(st.text("abc ", min_size=1, max_size=4), max_size=400), st.integers(1, 50))
def test_every_row_is_on_one_page(items: list[str], most: int) -> None:
    seen: list[str] = []
    query = "?page=1"
    while True:
        rows, paging = paged(items, {"page": query.rpartition("=")[2]}, str, most)
        seen += rows
        assert paging.last - paging.first + 1 == len(rows) or not rows
        if paging.after is None:
            break
        query = paging.after
    assert seen == items


@pytest.mark.parametrize("page", ["0", "-1", "999999999999", "x", "²", ""])
def test_a_page_that_is_none_is_the_nearest(page: str) -> None:
    rows, paging = paged(list(range(250)), {"page": page, "q": "  "}, str)
    assert rows in (list(range(100)), list(range(200, 250)))
    assert paging.total == 250


def test_what_is_searched_for_stays_in_the_addresses() -> None:
    rows, paging = paged([f"E{n} Works" for n in range(300)], {"q": "works e1", "page": "1"}, str)
    assert all("E1" in row for row in rows)
    assert paging.after == "?q=works+e1&page=2"
    assert paged(["a"], {"q": "nothing"}, str)[1] == ("nothing", 0, 0, 0, None, None)


def device(name: str, state: DeviceState, **more: Any) -> DeviceRow:
    fields: dict[str, Any] = {
        "enterprise": "E1", "device": name, "name": name, "region": "n", "state": state, "points": 2,
        "reporting_points": 2, "last_heard_ms": NOW_MS, "readings": 1000, "late": 0, "duplicate": 0, "ahead": 0,
        "clock_fault": 0, "skewed": 0, "bad": 0, "over_range": 0, "under_range": 0, "clock_offset_ms": 100,
        "delay_ms": 200,
    }  # fmt: skip
    return DeviceRow(**(fields | more))


def test_devices_in_trouble_come_first_and_what_is_odd_is_marked() -> None:
    rows = [device("a", DeviceState.REPORTING), device("b", DeviceState.NEVER), device("c", DeviceState.SILENT)]
    assert [row.device for row in in_order(rows)] == ["c", "b", "a"]
    fine = line_of(rows[0], {"E1": "One"})
    assert (fine.enterprise, fine.points, fine.clock, fine.delay, fine.bad) == (
        "One",
        "2 / 2",
        "+0.1 s",
        "0.2 s",
        "0.0%",
    )
    assert fine.odd == frozenset()
    odd = line_of(
        device("a", DeviceState.REPORTING, clock_offset_ms=-9000, bad=15, over_range=5, reporting_points=1), {}
    )
    assert odd.odd == {"clock", "bad", "points"}
    assert odd.bad == "2.0%"
    never = line_of(device("a", DeviceState.NEVER, readings=0, last_heard_ms=None, clock_offset_ms=None), {})
    assert (never.bad, never.clock, never.heard_ms) == ("", "", None)


def test_shares_are_the_whole_then_regions_then_the_lowest_enterprises() -> None:
    def share(scope: Any, name: str, rate: float | None) -> Share:
        return Share(scope=scope, id=name, expected=10, reporting=5, silent=3, never=2, online_rate=rate)

    given_shares = [
        share("enterprise", "E1", 0.9), share("enterprise", "E2", 0.4), share("enterprise", "E3", None),
        share("region", "n", 0.1), share("all", "", 0.5),
    ]  # fmt: skip
    lines = share_lines(given_shares, {"n": "North"}, {"E1": "One"})
    assert [line.name for line in lines] == ["", "North", "E2", "One", "E3"]
    assert [line.percent for line in lines] == ["50.0%", "10.0%", "40.0%", "90.0%", ""]


def test_an_alarm_that_is_over_has_the_colour_that_it_reached() -> None:
    facts = Facts("a1", "red", "h", "high", "One", "Hall", "P1", "gas.combustible", "gas")
    stands = record(peak_severity="orange", worst_severity="red")
    assert alarm_lines.line_of(Listed(stands, facts), "en").severity == "orange"
    over = record(peak_severity="orange", worst_severity="red", state=State.CLOSED)
    assert alarm_lines.line_of(Listed(over, facts), "en").severity == "red"
