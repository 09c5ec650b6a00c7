"""Round trips through the encoders, and edge nodes whose messages come late, twice, damaged or never."""

import struct
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.codecs.gb26875 import Gb26875Codec
from ingest.codecs.hj212 import Hj212Codec
from ingest.codecs.port import Parsed, PayloadError
from ingest.codecs.sparkplug import SparkplugCodec
from plant.quality import Quality
from simulators.wire import gb26875, hj212
from simulators.wire.sparkplug import EdgeNode

AT_MS = 1_732_190_000_000
seconds = st.integers(1_420_070_400, 4_000_000_000).map(lambda s: s * 1000)
names = st.text("ABCabc019", min_size=1, max_size=12)
bytes_1, bytes_4 = st.integers(0, 255), st.integers(0, 2**32 - 1)


@given(names, st.dictionaries(names.map(lambda n: f"{n}-Rtd"), st.none() | st.integers(-(10**9), 10**9)), seconds)
@settings(max_examples=100, deadline=None)
def test_hj212_comes_back_as_it_went(device: str, values: dict[str, float | None], at_ms: int) -> None:
    parsed = Hj212Codec().parse("t", hj212.encode(device, values, at_ms), AT_MS)
    found = {k: v for s in parsed.samples for k, v in zip(s.keys, s.values, strict=True)}
    assert (found, parsed.faults) == (values, [])
    assert all((s.device, s.measured_at_ms) == (device, at_ms) for s in parsed.samples)


@given(
    st.binary(min_size=6, max_size=6),
    st.lists(
        st.tuples(bytes_1, bytes_1, bytes_1, bytes_4, st.integers(0, 255), st.integers(-32768, 32767)),
        min_size=1,
        max_size=60,
    ),
    st.integers(946_684_800, 4_000_000_000).map(lambda s: s * 1000),
)
@settings(max_examples=60, deadline=None)
def test_gb26875_comes_back_as_it_went(source: bytes, rows: list[tuple[int, ...]], at_ms: int) -> None:
    steps = {2: 100, **dict.fromkeys((3, 4, 5, 6, 8, 9, 10, 11), 10)}
    objects = [gb26875.Analog(*row[:5], row[5] / steps.get(row[4], 1)) for row in rows]
    (samples,) = Gb26875Codec().parse("t", gb26875.encode(source, objects, at_ms), AT_MS).samples
    assert samples.device == source[::-1].hex().upper()
    assert list(samples.values) == [thing.value for thing in objects]
    assert list(samples.measured_at_ms) == [at_ms] * len(rows)  # type: ignore[arg-type]


def values_of(parsed: Parsed) -> dict[str, float | None]:
    return {f"{s.device}:{k}": v for s in parsed.samples for k, v in zip(s.keys, s.values, strict=True)}


steps = st.lists(
    st.tuples(
        st.sampled_from(["nbirth", "dbirth", "ndata", "ddata", "ddeath", "ndeath"]),
        st.sampled_from(["come", "come", "come", "come", "lost", "twice", "again"]),
    ),
    max_size=40,
)


@given(steps)
@settings(max_examples=150, deadline=None)
def test_whatever_is_lost_no_good_reading_is_a_wrong_one(history: list[tuple[str, str]]) -> None:
    """Births give new names to old aliases; a value tells of which name it is. Only uncertain ones may be mistaken.

    A lost NBIRTH is left out: where the old session's numbers happen to fit the new one's, nobody can see it.
    """
    codec, edge = SparkplugCodec(rebirth_every_s=0.001), EdgeNode("G", "N")
    known: dict[str, dict[str, float]] = {}
    earlier: list[tuple[str, bytes]] = []
    for n, (kind, fate) in enumerate(history):
        device = "D" if kind[0] == "d" else ""
        message = said(edge, kind, device, n, known)
        if message is None:
            continue
        if kind == "nbirth":
            earlier.clear()
        earlier.append(message)
        deliveries = {
            "come": [message],
            "lost": [],
            "twice": [message] * 2,
            "again": [message, earlier[n % len(earlier)]],
        }
        for topic, payload in deliveries["come" if kind == "nbirth" and fate == "lost" else fate]:
            parsed = codec.parse(topic, payload, AT_MS + n * 1000)
            for samples in parsed.samples:
                grades = samples.qualities or bytes(len(samples.keys))
                for key, value, grade in zip(samples.keys, samples.values, grades, strict=True):
                    assert grade != Quality.GOOD or value == float(key.removeprefix("m")), (kind, key, value)
        assert codec.nodes.metrics == sum(len(node) for node in codec.nodes._nodes.values())


def said(edge: EdgeNode, kind: str, device: str, n: int, known: dict[str, dict[str, float]]) -> Any:
    if kind.endswith("birth"):
        if kind == "nbirth":
            known.clear()
        elif "" not in known or "D" in known:
            return None
        known[device] = {f"m{n}": float(n), f"m{n}.5": n + 0.5}
        return edge.birth(known[device], AT_MS + n, device)
    if kind == "ndeath":
        known.clear()
        return edge.death()
    if device not in known:
        return None
    return edge.data(known[device], AT_MS + n, device) if kind.endswith("data") else edge.device_death(device, AT_MS)


@given(st.binary(max_size=300), st.sampled_from(["NBIRTH/N", "NDATA/N", "NDEATH/N", "DBIRTH/N/D", "DDATA/N/D"]))
@settings(max_examples=150, deadline=None)
def test_protobuf_of_any_shape_raises_nothing_but_the_ports_error(noise: bytes, topic: str) -> None:
    codec = SparkplugCodec()
    codec.parse(*EdgeNode("G", "N").birth({"a": 1.0}, AT_MS), AT_MS)
    # A metric of the noise's bytes: read deeper than noise alone would be.
    wrapped = b"\x12" + struct.pack("B", min(len(noise), 127)) + noise[:127]
    for payload in (noise, wrapped):
        try:
            parsed = codec.parse(f"spBv1.0/G/{topic}", payload, AT_MS)
        except PayloadError:
            continue
        assert isinstance(values_of(parsed), dict)
