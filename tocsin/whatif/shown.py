"""How times, lengths of time and judgements are shown on pages."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from tocsin.pages import Tone
from tocsin.whatif.matching import Change
from tocsin.whatif.page_words import Said

TONES: Final[dict[Change, Tone]] = {
    Change.GONE: "bad",
    Change.LATER: "warn",
    Change.QUIETER: "warn",
    Change.NEW: "warn",
    Change.EARLIER: "good",
    Change.LOUDER: "good",
}
"""What matters most, and how it is coloured."""


def clock_text(at_ms: int, zone: ZoneInfo) -> str:
    """A time as people at the site read it, to the second."""
    return datetime.fromtimestamp(at_ms / 1000, zone).strftime("%Y-%m-%d %H:%M:%S")


def length_text(ms: int, said: Said) -> str:
    """A length of time, in the largest unit that leaves a readable number."""
    for unit_ms, name in ((86_400_000, "days"), (3_600_000, "hours"), (60_000, "minutes")):
        if ms >= 2 * unit_ms:
            return f"{round(ms / unit_ms, 1):g} {said[name]}"
    return f"{ms / 1000:g} {said['seconds']}"


def severity_tone(severity: str) -> Tone:
    """The colour of a severity."""
    return {"red": "red", "orange": "orange", "yellow": "yellow"}.get(severity, "blue")  # type: ignore[return-value]
