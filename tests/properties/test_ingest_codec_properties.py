"""Whatever comes: it is read or set aside, never raised; and both readers agree."""

import json
import math
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from support.hostile import TOPIC
from support.ingest_site import make_lookup

from ingest.codecs import native, native_generic
from ingest.codecs.decoded import Decoded
from ingest.lookup import TopicPoints
from ingest.reason import Reason
from plant.quality import NO_TIME_MS

KEYS = st.sampled_from(["E1-P1", "E1-P2", "E1-P3", "E2-P1", "nope", "", "a:b", "警"])
MINE = st.sampled_from(["E1-P1", "E1-P2", "E1-P3"])
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("2024-11-21T11:00:00Z")
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=2))
ELEMENT = st.fixed_dictionaries(
    {}, optional={"ts": VALUES, "values": st.dictionaries(KEYS, VALUES) | VALUES, "z": VALUES}
)
ROW = st.tuples(KEYS, VALUES, VALUES) | st.tuples(KEYS, VALUES, VALUES, st.sampled_from(["good", "bad", "x"]) | VALUES)
MESSAGES = st.one_of(
    ELEMENT, st.lists(ELEMENT, max_size=4), st.fixed_dictionaries({"r": st.lists(ROW | VALUES, max_size=6)}), VALUES
)
TIMES = st.integers(-(2**63) + 2, 2**63 - 1)
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)


def points() -> TopicPoints:
    found = make_lookup()[0].topic(TOPIC)
    assert found is not None
    return found


def shown(codec: Any, payload: bytes) -> tuple[Any, list[tuple[Reason, str]]]:
    rejected: list[tuple[Reason, str]] = []
    decoded: Decoded | None = codec.decode(payload, points(), lambda *it: rejected.append(it))
    if decoded is None or not decoded.points:
        return None, sorted(rejected)
    values = ["nan" if v is not None and math.isnan(v) else v for v in decoded.values]
    assert len(values) == len(decoded.qualities) == len(decoded.points) // 4 == len(decoded.measured_at_ms) // 8
    return (
        (decoded.points, decoded.measured_at_ms, values, decoded.qualities, decoded.oldest_ms, decoded.newest_ms),
        sorted(rejected),
    )


@given(st.binary(max_size=200))
def test_any_bytes(payload: bytes) -> None:
    shown(native, payload)


@given(MESSAGES)
def test_any_json_is_read_alike_by_both_readers(message: Any) -> None:
    payload = json.dumps(message).encode()
    assert shown(native, payload) == shown(native_generic, payload)


@given(st.lists(st.tuples(KEYS, st.integers(0, 9) | st.just("7")), max_size=6), st.booleans())
def test_repeated_keys_are_seen_by_both_readers(pairs: list[tuple[str, Any]], escaped: bool) -> None:
    inside = ",".join(f"{json.dumps(key, ensure_ascii=escaped)}:{json.dumps(value)}" for key, value in pairs)
    payload = f'{{"ts":5,"values":{{{inside}}}}}'.encode()
    once = {key for key, _ in pairs if [k for k, _ in pairs].count(key) == 1}
    columns, rejected = shown(native, payload)
    assert (columns, rejected) == shown(native_generic, payload)
    kept = {key for key, value in pairs if key in once and key.startswith("E1-P") and value != "7"}
    assert (len(columns[2]) if columns else 0) == len(kept)
    assert {detail for reason, detail in rejected if reason is Reason.DUPLICATE_KEY} == {k for k, _ in pairs} - once


@given(st.lists(st.tuples(MINE, st.none() | TIMES, NUMBERS, st.sampled_from(["good", "uncertain", "bad"])), min_size=1))
def test_what_was_written_is_read(rows: list[tuple[str, int | None, float | None, str]]) -> None:
    lookup, registry = make_lookup()
    found = lookup.topic(TOPIC)
    assert found is not None

    def fail(reason: Reason, detail: str) -> None:
        raise AssertionError(f"{reason}: {detail}")

    decoded = native.decode(msgspec.json.encode({"r": rows}), found, fail)
    assert decoded is not None
    numbers = memoryview(decoded.points).cast("I").tolist()
    assert [registry.id_of(number) for number in numbers] == [row[0] for row in rows]
    times = memoryview(decoded.measured_at_ms).cast("q").tolist()
    assert times == [NO_TIME_MS if row[1] is None else row[1] for row in rows]
    assert list(decoded.values) == [row[2] for row in rows]
    assert list(decoded.qualities) == [["good", "uncertain", "bad"].index(row[3]) for row in rows]
