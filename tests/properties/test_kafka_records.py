"""The record of an entry: whatever goes in comes out, and whatever else comes is a RecordError."""

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.entries import entries, one_of_each, readings

from plant.entries import Entry, Readings
from tocsin.kafka.records import RecordError, decode, encode


@settings(max_examples=200, deadline=None)
@given(entries())
def test_an_entry_comes_back_as_it_was(entry: Entry) -> None:
    assert decode(encode(entry)) == entry


def test_every_kind_of_entry_comes_back() -> None:
    for entry in one_of_each():
        assert decode(encode(entry)) == entry


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_of_no_sense_are_an_error_and_nothing_else(value: bytes) -> None:
    with pytest.raises(RecordError):
        decode(value)


@settings(max_examples=200, deadline=None)
@given(entries(), st.data())
def test_a_damaged_record_is_an_entry_or_an_error(entry: Entry, data: st.DataObject) -> None:
    value = bytearray(encode(entry))
    at = data.draw(st.integers(0, len(value) - 1))
    value[at] ^= data.draw(st.integers(1, 255))
    cut = bytes(value[: data.draw(st.integers(0, len(value)))])
    for damaged in (bytes(value), cut):
        with suppress(RecordError):
            assert decode(damaged).received_at_ms is not None


_ANY: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=24),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
_FIELDS = ("source", "measured_at_ms", "value", "point", "quality", "keys", "version", "kind", "alarm", "action")


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["readings", "tick", "source_up", "configuration", "device_down", "operator", "x"]) | _ANY,
    st.integers(-5, 2**63 - 1) | _ANY,
    st.dictionaries(st.sampled_from(_FIELDS), _ANY, max_size=6),
)
def test_a_map_with_fields_of_any_type_is_an_entry_or_an_error(entry: Any, at: Any, fields: dict[str, Any]) -> None:
    value = msgspec.msgpack.encode({"v": 1, "entry": entry, "at": at, **fields})
    with suppress(RecordError):
        found = decode(value)
        assert decode(encode(found)) == found


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "empty"),
        (b"", "not a MessagePack map"),
        (msgspec.msgpack.encode([1]), "not a MessagePack map"),
        (msgspec.msgpack.encode({"entry": "tick", "at": 1}), "format None is not known"),
        (msgspec.msgpack.encode({"v": 2, "entry": "tick", "at": 1}), "format 2 is not known, this version"),
        (msgspec.msgpack.encode({"v": 1, "entry": "hello", "at": 1}), "'hello' is not known"),
        (msgspec.msgpack.encode({"v": 1, "entry": "tick", "at": "now"}), "tick can't be read"),
        (msgspec.msgpack.encode({"v": 1, "entry": "readings", "at": 1}), "readings can't be read"),
        (
            msgspec.msgpack.encode(
                {"v": 1, "entry": "readings", "at": 1, "point": b"1234", "value": b"", "measured_at_ms": b"12345678"}
            ),
            "one length",
        ),
        (b"\x81" * 50_000, "not a MessagePack map"),
    ],
)
def test_what_is_wrong_is_said(value: bytes | None, says: str) -> None:
    with pytest.raises(RecordError, match=says):
        decode(value)


def test_a_reading_takes_at_most_24_bytes_from_20_readings_on() -> None:
    for n in (20, 100, 5_000):
        entry = readings(1_732_190_000_000, n, source="broker.example.org:1883")
        assert len(encode(entry)) <= n * 24 + 100
        assert len(encode(entry)) / n <= (24 if n >= 50 else 30)


def test_the_columns_of_a_decoded_batch_are_views() -> None:
    found = decode(encode(readings(1_732_190_000_000, 50)))
    assert isinstance(found, Readings)
    assert not found.batch.value.flags.writeable
    assert not found.batch.value.flags.owndata
