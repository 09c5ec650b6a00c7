"""Alarm identity (semantics 5.2): derived from what raised it, so that deciding twice makes one alarm."""

from base64 import b32encode
from hashlib import blake2b

_SEPARATOR = "\x1f"


def alarm_id(rule: str, subject: str, side: str, raised_at_ms: int) -> str:
    """Sixteen characters that name the alarm raised by `rule` on `subject` and `side` at `raised_at_ms`."""
    text = _SEPARATOR.join((rule, subject, side, str(raised_at_ms)))
    return b32encode(blake2b(text.encode(), digest_size=10).digest()).decode().lower()
