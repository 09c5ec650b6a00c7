"""The contract of `ingest.codecs.port.Codec`, run on every wire form (support.wire_examples registers them)."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import hostile
from support.wire_examples import EXAMPLES, NOW_MS, Example, Sample, rows_of

from ingest.codecs.port import Codec, Parsed, PayloadError
from ingest.reason import Reason

FORMS = {example.make().name: example for example in reversed(EXAMPLES)}
"""One example of each form."""

every_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
every_form = pytest.mark.parametrize("example", FORMS.values(), ids=lambda e: e.make().name)


def parse(codec: Codec, topic: str, payload: bytes) -> Parsed | PayloadError:
    """What the port allows and nothing else: samples whose columns fit, or a PayloadError."""
    try:
        parsed = codec.parse(topic, payload, NOW_MS)
    except PayloadError as refused:
        return refused
    rows_of(parsed)
    assert all(isinstance(reason, Reason) and isinstance(detail, str) for reason, detail in parsed.faults)
    assert all(isinstance(device, str) for device in parsed.down)
    assert all(isinstance(topic, str) and isinstance(payload, bytes) for topic, payload in parsed.answers)
    return parsed


def same(left: Sample, right: Sample) -> bool:
    """Equal, NaN equal to NaN."""
    nans = [value is not None and math.isnan(value) for value in (left.value, right.value)]
    return all(nans) and left._replace(value=0.0) == right._replace(value=0.0) if any(nans) else left == right


@every_example
def test_the_samples_of_a_valid_message(example: Example) -> None:
    parsed = example.codec().parse(example.topic, example.payload, NOW_MS)
    found = rows_of(parsed)
    assert len(found) == len(example.samples), found
    assert all(same(a, b) for a, b in zip(found, example.samples, strict=True)), found
    assert sorted(detail for _, detail in parsed.faults) == sorted(example.set_aside)


@every_form
def test_the_hostile_corpus_raises_nothing_and_is_seen(example: Example) -> None:
    codec = example.codec()
    for name, payload in hostile.UNREADABLE.items():
        parsed = parse(codec, example.topic, payload)
        silent = isinstance(parsed, Parsed) and not (parsed.samples or parsed.faults or parsed.answers)
        assert not silent, f"{name}: neither a sample nor a fault nor an error"
    for payload in hostile.WITH_ONE_READING.values():
        parse(codec, example.topic, payload)


@every_form
def test_topics_of_any_shape_raise_nothing(example: Example) -> None:
    codec = example.codec()
    for topic in ("", "/", "a", "//////////", "$oc", "\u0000", "é" * 1000, "a/" * 5000, "/sys//", "$oc/devices/"):
        parse(codec, topic, example.payload)


@every_form
@given(payload=st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_bytes_raise_nothing(example: Example, payload: bytes) -> None:
    parse(example.codec(), example.topic, payload)


@every_example
def test_mutations_of_a_valid_message_raise_nothing(example: Example) -> None:
    rng = random.Random(example.name)
    codec = example.codec()
    for _ in range(400):
        payload = bytearray(example.payload)
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(payload) + 1)
            kind = rng.randrange(4)
            if kind == 0:
                payload[at : at + 1] = bytes([rng.randrange(256)])
            elif kind == 1:
                del payload[at : at + rng.randrange(1, 9)]
            elif kind == 2:
                payload[at:at] = rng.choice([b"null", b"1e999", b"{", b"]", b'"', b"-", b"[[[[", b"true", b"9" * 30])
            else:
                payload[at:at] = payload[at : at + 9]
        parse(codec, example.topic, bytes(payload))


@every_example
def test_a_message_cut_anywhere_raises_nothing(example: Example) -> None:
    for length in range(len(example.payload)):
        parse(example.codec(), example.topic, example.payload[:length])


@every_form
def test_a_codec_says_the_same_again(example: Example) -> None:
    first, second = example.codec(), example.codec()
    one = [parse(first, example.topic, example.payload) for _ in range(3)]
    two = [parse(second, example.topic, example.payload) for _ in range(3)]
    assert repr(one) == repr(two)
