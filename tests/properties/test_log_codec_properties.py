"""Entries through bytes and back."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.entries import batches, entries, one_of_each, readings

from plant.batch import Batch
from plant.entries import Entry, OperatorAction, Readings, SourceUp, Tick
from tocsin.log import codec
from tocsin.log.errors import CodecError


def through_bytes(entry: Entry, before: bytes = b"", after: bytes = b"") -> Entry:
    kind, parts = codec.encode(entry)
    payload = b"".join(parts)
    data = before + payload + after
    return codec.decode(kind, codec.VERSION, entry.received_at_ms, data, len(before), len(payload))


@given(entries(), st.binary(max_size=9), st.binary(max_size=9))
def test_an_entry_comes_back_equal_wherever_it_stands(entry: Entry, before: bytes, after: bytes) -> None:
    assert through_bytes(entry, before, after) == entry


@given(batches())
def test_values_come_back_bit_for_bit(batch: Batch) -> None:
    back = through_bytes(Readings(0, batch))
    assert isinstance(back, Readings)
    assert back.batch.value.tobytes() == batch.value.tobytes()
    assert [column.dtype.str for column in (back.batch.point, back.batch.measured_at_ms, back.batch.quality)] == [
        "<u4",
        "<i8",
        "|u1",
    ]


def test_a_reading_costs_21_bytes() -> None:
    size = {n: len(b"".join(codec.encode(readings(0, n=n))[1])) for n in (0, 1000)}
    assert size[1000] - size[0] == 21_000


@given(st.sampled_from(one_of_each()), st.integers(12, 255))
def test_an_unknown_kind_is_said(entry: Entry, kind: int) -> None:
    with pytest.raises(CodecError, match=f"kind {kind} is not known"):
        codec.decode(kind, codec.VERSION, 0, b"", 0, 0)


def test_an_unknown_version_is_said() -> None:
    with pytest.raises(CodecError, match="format 2 is not known"):
        codec.decode(codec.TICK, 2, 0, b"", 0, 0)


@given(st.sampled_from(one_of_each()), st.data())
def test_a_payload_cut_short_is_said(entry: Entry, data: st.DataObject) -> None:
    kind, parts = codec.encode(entry)
    payload = b"".join(parts)
    if not payload:
        return
    cut = data.draw(st.integers(0, len(payload) - 1))
    with pytest.raises(CodecError):
        codec.decode(kind, codec.VERSION, 0, payload[:cut], 0, cut)


@pytest.mark.parametrize(
    "entry",
    [
        SourceUp(0, "\ud800"),
        readings(0, source="\ud800"),
        replace(readings(0), redelivery_keys=(-1,)),
        replace(readings(0), redelivery_keys=(2**64,)),
        OperatorAction(0, "comment", "a", "b", until_ms=2**70),
        Readings(0, Batch(np.array([1]), np.array([1]), np.array([1.0]), np.array([0], np.uint8))),  # type: ignore[arg-type]
        "not an entry",
    ],
)
def test_what_can_not_be_written_is_said(entry: Entry) -> None:
    with pytest.raises(CodecError):
        codec.encode(entry)


def test_a_batch_out_of_a_slice_is_written() -> None:
    entry = readings(0, n=10)
    sliced = replace(entry, batch=entry.batch.select(slice(None, None, 3)))
    assert through_bytes(sliced) == sliced


def test_a_tick_is_only_its_time() -> None:
    assert codec.encode(Tick(5)) == (codec.TICK, [])
