"""A version of the configuration as records: it comes back whole, or not at all."""

from random import Random

import pytest

from tocsin.kafka.version_records import (
    PART_BYTES,
    VersionError,
    decode_head,
    decode_version,
    encode_head,
    encode_version,
    head_key,
    parse_key,
    part_key,
)

STORED = Random(1).randbytes(2 * PART_BYTES)
HEAD, PARTS = encode_version(7, STORED, ["a", "测点"], registered=9, kind="site", who="li", why="换限值", at_ms=5)


def test_it_comes_back() -> None:
    assert len(PARTS) == HEAD.parts == 3
    assert max(map(len, PARTS)) <= PART_BYTES
    assert decode_head(encode_head(HEAD)) == HEAD
    assert decode_version(HEAD, PARTS) == (STORED, ["a", "测点"])


@pytest.mark.parametrize(
    "parts",
    [[], PARTS[:2], PARTS[::-1], [*PARTS, b""], [PARTS[0], PARTS[1], PARTS[2][:-9]], [b"x", b"y", b"z"]],
    ids=["none", "one missing", "order", "one more", "cut", "rubbish"],
)
def test_what_is_not_whole_is_refused(parts: list[bytes]) -> None:
    with pytest.raises(VersionError, match="version 7 can't be read"):
        decode_version(HEAD, parts)


def test_other_bytes_do_not_match_the_digest() -> None:
    other, parts = encode_version(7, STORED + b"!", [], registered=9, kind="site", who="li", why="", at_ms=5)
    assert other.parts == HEAD.parts
    with pytest.raises(VersionError, match="do not match its digest"):
        decode_version(HEAD, parts)


@pytest.mark.parametrize("value", [b"", b"\x00", b"\x81\xa1v\x02", encode_head(HEAD)[:-3]])
def test_what_is_no_head_is_refused(value: bytes) -> None:
    with pytest.raises(VersionError, match="not the head of a version"):
        decode_head(value)


def test_keys() -> None:
    assert parse_key(head_key(12)) == (12, None)
    assert parse_key(part_key(12, 3)) == (12, 3)
    for strange in (None, b"", b"x", b"1/", b"1/x", b"/1", b"-1", b"1" * 40, "٣".encode()):
        assert parse_key(strange) is None
