"""One value as the whole payload: `12.3`, `12.3 ppm`, `ON`."""

import re
from collections.abc import Iterable
from typing import Final

from ingest.codecs.port import OWN_UNITS, Parsed, PayloadError, Samples
from ingest.reason import Reason

_NUMBER: Final = re.compile(
    r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?)"
    r"(?:\s*((?![xX][\dA-Fa-f])[^\s\d!-$&-/:-@\[-`{-~].{0,19}))?"
)
"""A number and its unit. What begins with a digit or a sign is no unit: 12,3 is not 12 of `,3`, nor a date its year."""
_LONGEST: Final = 200
_NOTHING: Final = frozenset({"", "null", "none", "nan", "n/a", "unavailable", "unknown"})
"""What devices and gateways send where they have no value: a bad reading."""
_TOPICS_KEY: Final = ("",)


class Plain:
    """The key is what the topic says: a level `{key}`, the point that points.csv gives the topic, or the last level."""

    name = "plain"

    def __init__(self, *, on: Iterable[str] = (), off: Iterable[str] = ()) -> None:
        """Words that stand for 1 and for 0, whatever their case."""
        self._words = {word.lower(): 1.0 for word in on} | {word.lower(): 0.0 for word in off}

    def parse(self, topic: str, payload: bytes, received_at_ms: int) -> Parsed:
        if len(payload) > _LONGEST:
            raise PayloadError(Reason.WRONG_SHAPE, f"{len(payload)} bytes, a single value is shorter")
        try:
            text = payload.decode("utf-8-sig").rstrip("\0").strip()
        except UnicodeDecodeError:
            raise PayloadError(Reason.NOT_UTF8) from None
        matched = _NUMBER.fullmatch(text)
        if matched is not None:
            return Parsed(
                [Samples("", _TOPICS_KEY, [float(matched[1])], units=(matched[2],) if matched[2] else OWN_UNITS)]
            )
        word = text.lower()
        value = self._words.get(word)
        if value is None and word not in _NOTHING:
            raise PayloadError(Reason.WRONG_TYPE, text[:40])
        return Parsed([Samples("", _TOPICS_KEY, [value])])
