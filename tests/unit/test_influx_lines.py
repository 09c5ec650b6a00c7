"""Line protocol from columns: what stands in a line, and that nothing a person typed can break one."""

import math

import pytest

from plant.batch import Batch
from plant.entries import Readings
from plant.quality import NO_TIME_MS, RETAINED, UNREADABLE_TIME_MS, Quality
from plant.site import Point, Site
from rules.events import AlarmEvent, Crossing
from tocsin.followers.influx.escape import tag, text
from tocsin.followers.influx.lines import PointPrefixes, event_line, reading_lines

NOW_MS = 1_732_190_042_469
IDS = ["P0", "P1", "P2"]


def point(point_id: str, kind: str = "gas.combustible") -> Point:
    return Point(
        point=point_id,
        unit="U1",
        enterprise="E001",
        kind=kind,
        unit_symbol=None,
        range_low=None,
        range_high=None,
        period_s=1.0,
        report="periodic",
        ll=None,
        l=None,
        h=None,
        hh=None,
        deadband=None,
        topic=None,
        key=None,
        device=None,
        gas=None,
        ref_temp_c=None,
        principle=None,
        calibration_due=None,
        tags=(),
    )


SITE = Site(name="s", timezone="UTC", centre=None, packs=None, points={"P0": point("P0"), "P1": point("P1", "a, b=c")})


def lines_of(*rows: tuple[int, int | None, float | None, int], received_at_ms: int = NOW_MS) -> list[str]:
    entry = Readings(received_at_ms, Batch.of(rows))
    return reading_lines(entry, PointPrefixes(IDS, SITE))


def event(**changes: object) -> AlarmEvent:
    facts: dict[str, object] = {
        "event": "raised",
        "alarm": "yvfmenxky254frwd",
        "rule": "gas",
        "version": 1,
        "subject": "P0",
        "side": "high",
        "enterprise": "E001",
        "level": "h",
        "severity": "orange",
        "at": NOW_MS,
        "value": 26.0,
        "limit": 25,
        "onset": None,
        "historical": False,
        "exercise": False,
        "reason": "limit h held 3 s",
    }
    return AlarmEvent(**{**facts, **changes})  # type: ignore[arg-type]


def test_a_reading_becomes_one_line() -> None:
    assert lines_of((0, NOW_MS - 5, 12.3, Quality.GOOD)) == [
        f"reading,point=P0,enterprise=E001,unit=U1,kind=gas.combustible value=12.3,quality=0i {NOW_MS - 5}000000"
    ]


def test_a_point_that_left_the_site_keeps_its_id() -> None:
    assert lines_of((2, NOW_MS, 1.0, 0)) == [f"reading,point=P2 value=1.0,quality=0i {NOW_MS}000000"]


def test_a_number_the_registry_never_gave_is_not_lost() -> None:
    assert lines_of((7, NOW_MS, 1.0, 0)) == [f"reading,point=number-7 value=1.0,quality=0i {NOW_MS}000000"]


def test_a_registry_that_grows_is_followed() -> None:
    ids = ["P0"]
    prefixes = PointPrefixes(ids, SITE)
    assert "number-1" in prefixes.upto(1)[1]
    ids.append("P1")
    assert "point=P1," in prefixes.upto(1)[1]


def test_bad_values_stand_apart_from_value() -> None:
    missing, bad, infinite = lines_of(
        (0, 1_732_190_042_000, None, 0), (1, NOW_MS, 7.5, Quality.BAD), (2, NOW_MS, math.inf, 0)
    )
    assert " quality=2i " in missing
    assert " bad_value=7.5,quality=2i " in bad
    assert " quality=2i " in infinite


@pytest.mark.parametrize(
    ("measured_at_ms", "stored_ms", "quality"),
    [
        (NO_TIME_MS, NOW_MS, 0),
        (UNREADABLE_TIME_MS, NOW_MS, 1),
        (1_420_070_399_999, NOW_MS, 1),
        (1_420_070_400_000, 1_420_070_400_000, 0),
        (NOW_MS + 60_000, NOW_MS + 60_000, 0),
        (NOW_MS + 60_001, NOW_MS, 1),
        (2**63 - 1, NOW_MS, 1),
    ],
)
def test_a_timestamp_that_is_none_gives_way_to_received_at(measured_at_ms: int, stored_ms: int, quality: int) -> None:
    (line,) = lines_of((0, measured_at_ms, 1.0, Quality.GOOD))
    assert line.endswith(f"value=1.0,quality={quality}i {stored_ms}000000")


def test_a_retained_reading_is_stored_and_marked() -> None:
    (line,) = lines_of((0, NOW_MS, 4.0, Quality.UNCERTAIN | RETAINED))
    assert " value=4.0,quality=1i,retained=true " in line


def test_one_point_twice_at_one_instant_keeps_both_and_folds_doubles() -> None:
    lines = lines_of(
        (0, NOW_MS, 1.0, 0), (2, NOW_MS, 1.0, 0), (0, NOW_MS, 0.0, 0), (0, NOW_MS, 1.0, 0), (0, None, None, 0)
    )
    assert [line.split(" ", 1)[1] for line in lines] == [
        f"value=1.0,quality=0i {NOW_MS}000000",
        f"value=1.0,quality=0i {NOW_MS}000000",
        f"value=0.0,quality=0i {NOW_MS}000001",
        f"quality=2i {NOW_MS}000002",
    ]


def test_no_readings_no_lines() -> None:
    assert lines_of() == []


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a b", ",k=a\\ b"),
        ("a,b=c", ",k=a\\,b\\=c"),
        ("tail\\", ",k=tail_"),
        ("line\nbreak\x00", ",k=line_break_"),
        ("气体", ",k=气体"),
        ("", ""),
        (None, ""),
    ],
)
def test_tags_are_escaped(value: str | None, written: str) -> None:
    assert tag("k", value) == written


def test_texts_are_escaped() -> None:
    assert text('say "no"\\\n\ud800') == '"say \\"no\\"\\\\  "'


def test_an_event_becomes_one_line() -> None:
    assert event_line(41, event(), 3) == (
        "alarm,enterprise=E001,rule=gas,severity=orange,event=raised,side=high,exercise=false "
        'alarm="yvfmenxky254frwd",subject="P0",level="h",reason="limit h held 3 s",version=1i,ordinal=3i,raised_at=0i,'
        f"historical=false,colour=3i,value=26.0,limit=25.0 {NOW_MS}000041"
    )


def test_an_event_says_where_its_subject_is() -> None:
    line = event_line(41, event(), 3, ("hall 1", "north"))
    assert line.split(" ")[0].endswith(",exercise=false,region=north")
    assert ',unit="hall 1",' in line


def test_an_event_leaves_out_what_it_has_not() -> None:
    line = event_line(1, event(side="", value=None, limit=math.nan, onset=NOW_MS, pending=("gas:h", "gas:hh")), 0)
    assert ",side=" not in line
    assert ",value=" not in line
    assert ",limit=" not in line
    assert f',onset={NOW_MS}i,pending="gas:h gas:hh" ' in line


def test_a_forecast_is_three_times_of_which_the_last_may_be_missing() -> None:
    crossing = Crossing(at=NOW_MS + 60_000, from_=NOW_MS + 50_000, to=None)
    fields = event_line(1, event(forecast=crossing), 0)
    assert f",forecast_at={NOW_MS + 60_000}i,forecast_from={NOW_MS + 50_000}i " in fields


def test_events_of_one_instant_differ_by_their_number() -> None:
    stamps = {event_line(n, event(subject=f"P{n}"), 0).rsplit(" ", 1)[1] for n in range(1, 5_000)}
    assert len(stamps) == 4_999
