"""Long texts as several short messages that the handset joins (pure; 3GPP TS 23.038 and 23.040).

Own code, for the libraries cut between the two halves of a character: smpplib's gsm.make_parts() says so itself, and
gsmmodem's PDU encoder raises for a character beyond the basic plane.
"""

from hashlib import blake2b
from typing import Final, Literal, NamedTuple

PART_BYTES: Final = 140
_HEADER_BYTES: Final = 6
"""A user data header with one element: concatenation with an 8-bit reference."""
SEPTETS: Final = 160
_PART_SEPTETS: Final = 153

_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = {"\f": 10, "^": 20, "{": 40, "}": 41, "\\": 47, "[": 60, "~": 61, "]": 62, "|": 64, "€": 101}
_ESCAPE: Final = 27

Coding = Literal["gsm7", "ucs2"]


class Part(NamedTuple):
    """One short message: its octets (GSM characters one an octet), with the header where `header` says so."""

    octets: bytes
    coding: Coding
    header: bool


def room(most_parts: int) -> int:
    """How many bytes of UCS-2 go into so many parts."""
    return PART_BYTES if most_parts == 1 else most_parts * (PART_BYTES - _HEADER_BYTES)


def parts_of(text: str, reference: str, gsm7: bool = False) -> list[Part]:
    """The parts of a text, in order. `gsm7`: in the GSM alphabet where it has all characters, else in UCS-2.

    The handset joins parts of one reference: eight bits of a hash of `reference`, the same for the same message.
    """
    encoded = [_gsm7(char) for char in text] if gsm7 else [None]
    if None not in encoded:
        coding: Coding = "gsm7"
        chars = [octets for octets in encoded if octets is not None]
        whole, part = SEPTETS, _PART_SEPTETS
    else:
        coding = "ucs2"
        chars = [char.encode("utf-16-be", "replace") for char in text]
        whole, part = PART_BYTES, PART_BYTES - _HEADER_BYTES
    if sum(map(len, chars)) <= whole:
        return [Part(b"".join(chars), coding, header=False)]
    bodies = [b""]
    for octets in chars:
        if len(bodies[-1]) + len(octets) > part:
            bodies.append(b"")
        bodies[-1] += octets
    if len(bodies) > 255:
        raise ValueError("the text is too long for 255 short messages")
    number = blake2b(reference.encode(), digest_size=1).digest()
    return [
        Part(b"\x05\x00\x03" + number + bytes([len(bodies), n]) + body, coding, header=True)
        for n, body in enumerate(bodies, 1)
    ]


def read_part(octets: bytes, coding: Coding, header: bool) -> str:
    """The text of a received short message, without its header."""
    body = octets[1 + octets[0] :] if header and octets else octets
    if coding == "ucs2":
        return body.decode("utf-16-be", "replace")
    shown, extended = [], {code: char for char, code in _EXTENDED.items()}
    escaped = False
    for code in body:
        if code == _ESCAPE and not escaped:
            escaped = True
            continue
        shown.append(extended.get(code, " ") if escaped else _BASIC[code] if code < len(_BASIC) else "?")
        escaped = False
    return "".join(shown)


def _gsm7(char: str) -> bytes | None:
    if char in _EXTENDED:
        return bytes([_ESCAPE, _EXTENDED[char]])
    place = _BASIC.find(char)
    return bytes([place]) if place >= 0 and place != _ESCAPE else None
