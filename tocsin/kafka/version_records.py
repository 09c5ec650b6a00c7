"""A version of the configuration <-> records of the topic `config`.

A version is written in one transaction: its parts, keys NUMBER/0, NUMBER/1, ..., and last its head, key NUMBER. The
parts together are a zlib stream of a MessagePack map:

    stored   the configuration's bytes (tocsin.configuration), whose SHA-256 is the digest
    points   ids of the points that this version numbers for the first time, in the order of their numbers

The registry of point numbers is the `points` of all versions one after the other. The head is a map of VersionHead's
fields. No key comes twice, so that compaction keeps every version.
"""

import zlib
from collections.abc import Sequence
from hashlib import sha256
from typing import Final, Literal

import msgspec

from tocsin.kafka.errors import KafkaClientError

PART_BYTES: Final = 900_000
"""A part fits where a broker allows the usual megabyte, whatever the size of the site."""

_FORMAT: Final = 1
_LARGEST_BYTES: Final = 1 << 30


class VersionHead(msgspec.Struct, frozen=True):
    """Who put which configuration into force, and why. Numbers are 1, 2, 3, ..."""

    number: int
    digest: str
    kind: Literal["rules", "site"]
    who: str
    why: str
    at_ms: int
    points: int
    """How many points the registry has with this version."""
    parts: int
    v: int = _FORMAT


class _Payload(msgspec.Struct):
    stored: bytes
    points: list[str]


class VersionError(KafkaClientError):
    """A version can't be read back. What stands behind it can't be understood without its points."""


def encode_version(
    number: int, stored: bytes, points: Sequence[str], registered: int, kind: Literal["rules", "site"],
    who: str, why: str, at_ms: int,
) -> tuple[VersionHead, list[bytes]]:  # fmt: skip
    """Head and parts. `points` are new ones, `registered` is the size of the registry with them."""
    # The site is a zip archive already; what is to be gained is in the rules and the ids.
    whole = zlib.compress(msgspec.msgpack.encode(_Payload(stored, list(points))), 1)
    parts = [whole[at : at + PART_BYTES] for at in range(0, len(whole), PART_BYTES)]
    digest = sha256(stored).hexdigest()
    return VersionHead(number, digest, kind, who, why, at_ms, registered, len(parts)), parts


def decode_version(head: VersionHead, parts: Sequence[bytes]) -> tuple[bytes, list[str]]:
    """`stored` and the new points. VersionError if that is not what was written."""
    try:
        if len(parts) != head.parts:
            raise ValueError(f"{len(parts)} of {head.parts} parts are there")
        inflater = zlib.decompressobj()
        whole = inflater.decompress(b"".join(parts), _LARGEST_BYTES)
        if not inflater.eof:
            raise ValueError("it is cut short, or larger than 1 GB")
        payload = msgspec.msgpack.decode(whole, type=_Payload)
        if sha256(payload.stored).hexdigest() != head.digest:
            raise ValueError("its bytes do not match its digest")
    except (ValueError, zlib.error, msgspec.MsgspecError) as error:
        raise VersionError(f"version {head.number} can't be read: {error}") from error
    return payload.stored, payload.points


def encode_head(head: VersionHead) -> bytes:
    """The value of the head's record."""
    return msgspec.msgpack.encode(head)


def decode_head(value: bytes) -> VersionHead:
    """The head of its record. VersionError if it is none, or of a later format."""
    try:
        head = msgspec.msgpack.decode(value, type=VersionHead)
    except msgspec.MsgspecError as error:
        raise VersionError(f"not the head of a version: {error}") from error
    if head.v != _FORMAT:
        raise VersionError(f"version format {head.v} is not known, this version of Tocsin reads {_FORMAT}")
    return head


def head_key(number: int) -> bytes:
    return b"%d" % number


def part_key(number: int, part: int) -> bytes:
    return b"%d/%d" % (number, part)


def parse_key(key: bytes | None) -> tuple[int, int | None] | None:
    """(number, part), part None for a head; None where the key is no version's."""
    first, slash, second = (key or b"").partition(b"/")
    if not first.isdigit() or len(first) > 12 or (slash and not second.isdigit()) or len(second) > 9:
        return None
    return int(first), int(second) if slash else None
