"""The native codec: all forms, all reasons, nothing lost beside a poison value."""

import math
from typing import Any

import numpy as np
import pytest
from support import hostile
from support.ingest_site import FREE_TOPIC, MAPPED_TOPIC, make_lookup

from ingest.codecs import native, native_generic
from ingest.codecs.timestamp import read_time_ms
from ingest.lookup import enterprise_of
from ingest.reason import Reason
from plant.quality import NO_TIME_MS, UNREADABLE_TIME_MS

TS = 1732190000123
Row = tuple[str, int, float | None, int]


def read(payload: bytes, topic: str = hostile.TOPIC, codec: Any = native) -> tuple[list[Row], list[tuple[Reason, str]]]:
    """(point id, measured_at_ms, value, quality) of each reading, and what was set aside."""
    lookup, registry = make_lookup()
    rejected: list[tuple[Reason, str]] = []
    points = lookup.topic(topic)
    assert points is not None
    decoded = codec.decode(payload, points, lambda reason, detail: rejected.append((reason, detail)))
    if decoded is None or not decoded.points:
        return [], rejected
    numbers = np.frombuffer(decoded.points, np.uint32).tolist()
    times = np.frombuffer(decoded.measured_at_ms, np.int64).tolist()
    assert (decoded.oldest_ms, decoded.newest_ms) == (min(times), max(times))
    rows = list(zip(map(registry.id_of, numbers), times, decoded.values, decoded.qualities, strict=True))
    return rows, rejected


@pytest.mark.parametrize("codec", [native, native_generic], ids=["fast", "generic"])
@pytest.mark.parametrize(
    ("payload", "rows"),
    [
        (b'{"ts":1732190000123,"values":{"E1-P1":1.5,"E1-P2":2}}', [("E1-P1", TS, 1.5, 0), ("E1-P2", TS, 2.0, 0)]),
        (b'{"values":{"E1-P1":1.5}}', [("E1-P1", NO_TIME_MS, 1.5, 0)]),
        (b'{"ts":null,"values":{"E1-P1":null}}', [("E1-P1", NO_TIME_MS, None, 0)]),
        (
            b'[{"ts":1,"values":{"E1-P1":1}},{"values":{"E1-P1":2,"E1-P3":3}}]',
            [("E1-P1", 1, 1.0, 0), ("E1-P1", NO_TIME_MS, 2.0, 0), ("E1-P3", NO_TIME_MS, 3.0, 0)],
        ),
        (b'{"r":[["E1-P2",5,1],["E1-P2",4,-2.5e3]]}', [("E1-P2", 5, 1.0, 0), ("E1-P2", 4, -2500.0, 0)]),
        (
            b'{"r":[["E1-P1",5,1,"bad"],["E1-P2",null,null,"uncertain"],["E1-P3",7,1,"good"]]}',
            [("E1-P1", 5, 1.0, 2), ("E1-P2", NO_TIME_MS, None, 1), ("E1-P3", 7, 1.0, 0)],
        ),
        (b'{"r":[["E1-P1",5,1],["E1-P2",6,2,"bad"]]}', [("E1-P1", 5, 1.0, 0), ("E1-P2", 6, 2.0, 2)]),
        (b'{"ts":1732190000123.9,"values":{"E1-P1":1}}', [("E1-P1", TS, 1.0, 0)]),
        (b'{"ts":"2024-11-21T11:53:20.1239Z","values":{"E1-P1":1}}', [("E1-P1", TS, 1.0, 0)]),
        (b'{"r":[["E1-P1","2024-11-21T19:53:20.123+08:00",1]]}', [("E1-P1", TS, 1.0, 0)]),
        (b'{"ts":"11:53","values":{"E1-P1":1}}', [("E1-P1", UNREADABLE_TIME_MS, 1.0, 0)]),
        (b'{"r":[["E1-P1",-9223372036854775808,1],["E1-P1",9223372036854775807,1]]}',
         [("E1-P1", UNREADABLE_TIME_MS, 1.0, 0), ("E1-P1", 2**63 - 1, 1.0, 0)]),
        (b'{"values":{}}', []),
        (b'{"r":[]}', []),
        (b"[]", []),
    ],
    ids=str,
)  # fmt: skip
def test_the_three_forms(codec: Any, payload: bytes, rows: list[Row]) -> None:
    assert read(payload, codec=codec) == (rows, [])


@pytest.mark.parametrize(
    ("payload", "kept", "rejected"),
    [
        (b'{"values":{"E1-P1":1,"nope":2}}', ["E1-P1"], [(Reason.UNKNOWN_POINT, "nope")]),
        (b'{"values":{"E2-P1":1,"E1-P1":2}}', ["E1-P1"], [(Reason.FOREIGN_ENTERPRISE, "E2-P1")]),
        (b'{"r":[["nope",1,2],["E1-P1",1,2]]}', ["E1-P1"], [(Reason.UNKNOWN_POINT, "nope")]),
        (b'{"r":[["nope",1,2,"bad"],["E1-P1",1,2,"bad"]]}', ["E1-P1"], [(Reason.UNKNOWN_POINT, "nope")]),
        (b'[{"ts":1,"values":{"nope":1,"E1-P2":1}}]', ["E1-P2"], [(Reason.UNKNOWN_POINT, "nope")]),
        (b'{"values":{"E1-P1":"12.5","E1-P2":1}}', ["E1-P2"], [(Reason.NUMBER_AS_STRING, "E1-P1")]),
        (b'{"values":{"E1-P1":"on","E1-P2":1}}', ["E1-P2"], [(Reason.WRONG_TYPE, "E1-P1")]),
        (b'{"values":{"E1-P1":true,"E1-P2":1}}', ["E1-P2"], [(Reason.WRONG_TYPE, "E1-P1")]),
        (b'{"values":{"E1-P1":[1],"E1-P2":1}}', ["E1-P2"], [(Reason.WRONG_TYPE, "E1-P1")]),
        (b'{"values":{"E1-P1":1,"E1-P2":1,"E1-P1":3}}', ["E1-P2"], [(Reason.DUPLICATE_KEY, "E1-P1")]),
        (b'[{"values":{"E1-P1":1,"E1-P1":2}},{"values":{"E1-P1":3}}]', ["E1-P1"], [(Reason.DUPLICATE_KEY, "E1-P1")]),
        (b'{"r":[["E1-P1",1,1,"great"],["E1-P2",1,1]]}', ["E1-P2"], [(Reason.UNKNOWN_QUALITY, "E1-P1: str")]),
        (b'{"r":[["E1-P1",1,1,null],["E1-P2",1,1]]}', ["E1-P2"], [(Reason.UNKNOWN_QUALITY, "E1-P1: NoneType")]),
        (b'{"r":[5,["E1-P2",1,1]]}', ["E1-P2"], [(Reason.WRONG_SHAPE, "int")]),
        (b'[{"ts":1},{"values":{"E1-P1":3}}]', ["E1-P1"], [(Reason.WRONG_SHAPE, "values")]),
        (b'{"values":', [], [(Reason.NOT_JSON, "JSONDecodeError")]),
        (b'\xff{"values":', [], [(Reason.NOT_UTF8, "")]),
        (b'{"values":{"E2-P1":1}}', [], [(Reason.FOREIGN_ENTERPRISE, "E2-P1")]),
    ],
    ids=str,
)
def test_only_the_value_that_cannot_be_read_is_set_aside(
    payload: bytes, kept: list[str], rejected: list[tuple[Reason, str]]
) -> None:
    rows, aside = read(payload)
    assert [row[0] for row in rows] == kept
    assert aside == rejected


@pytest.mark.parametrize("name", hostile.UNREADABLE)
def test_what_is_unreadable_is_set_aside(name: str) -> None:
    rows, rejected = read(hostile.UNREADABLE[name])
    assert rows == []
    assert rejected


@pytest.mark.parametrize("name", hostile.WITH_ONE_READING)
def test_what_stands_beside_poison_is_kept(name: str) -> None:
    rows, rejected = read(hostile.WITH_ONE_READING[name])
    assert [row[0] for row in rows] == [hostile.GOOD_KEY]
    assert bool(rejected) == ("beside" in name or "broken" in name or "unknown" in name or "hides" in name)


@pytest.mark.parametrize(
    ("text", "value"),
    [(b"NaN", math.nan), (b"-Infinity", -math.inf), (b"1e400", math.inf), (b"9" * 400, math.inf), (b'" "', None)],
    ids=str,
)
def test_values_that_are_no_finite_number_are_kept_as_they_are(text: bytes, value: float | None) -> None:
    rows, rejected = read(b'{"values":{"E1-P1":' + text + b',"E1-P2":2}}')
    assert rejected == []
    assert rows[1][2] == 2.0
    assert rows[0][2] == pytest.approx(value, nan_ok=True) if value is not None else rows[0][2] is None


def test_a_key_with_colons_is_found_and_its_repetition_seen() -> None:
    rows, rejected = read(b'{"ts":5,"values":{"ns=2;s=Tank:Level":1.5}}', MAPPED_TOPIC)
    assert (rows, rejected) == ([("M1", 5, 1.5, 0)], [])
    rows, rejected = read(b'{"ts":5,"values":{"ns=2;s=Tank:Level":1.5,"ns=2;s=Tank:Level":2}}', MAPPED_TOPIC)
    assert (rows, rejected) == ([], [(Reason.DUPLICATE_KEY, "ns=2;s=Tank:Level")])


def test_points_csv_comes_first_and_the_enterprise_of_the_topic_binds_it_too() -> None:
    rows, rejected = read(b'{"values":{"x":1,"M1":2,"E1-P1":3}}', MAPPED_TOPIC)
    assert [row[0] for row in rows] == ["M1", "E1-P1"]
    assert rejected == [(Reason.FOREIGN_ENTERPRISE, "x")]


def test_a_topic_of_another_form_may_report_what_points_csv_gives_it_and_nothing_else() -> None:
    rows, rejected = read(b'{"values":{"f":1,"E1-P1":3}}', FREE_TOPIC)
    assert [row[0] for row in rows] == ["F1"]
    assert rejected == [(Reason.UNKNOWN_POINT, "E1-P1")]


@pytest.mark.parametrize(
    "topic",
    ["", "x", "tocsin/v1/E1/D1", "tocsin/v1/E1/D1/down", "tocsin/v1//D1/up", "tocsin/v1/E1//up",
     "tocsin/v2/E1/D1/up", "/tocsin/v1/E1/D1/up", "tocsin/v1/E1/D1/x/up", "Tocsin/v1/E1/D1/up"],
)  # fmt: skip
def test_topics_that_are_not_of_the_native_form(topic: str) -> None:
    assert enterprise_of(topic) is None
    assert make_lookup()[0].topic(topic) is None


@pytest.mark.parametrize("ts", [True, False, [], {}, "", "abc", "2024-11-21T11:53:20", "2024-13-01T00:00:00Z",
                                math.nan, math.inf, -math.inf, 2**63, -(2**63), -(2**63) + 1, 1e300,
                                "9" * 5000, "2024-11-21T23:59:60Z"], ids=repr)  # fmt: skip
def test_times_that_cannot_be_read(ts: object) -> None:
    assert read_time_ms(ts) == UNREADABLE_TIME_MS
