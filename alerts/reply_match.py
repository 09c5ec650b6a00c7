"""Which alarm a reply code acknowledges, of those that this person could have been told of (pure)."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from alerts.links import Links
from alerts.record import AlarmRecord
from alerts.severity import LEVELS


class Match(NamedTuple):
    """The contact and the alarm that a code was made for."""

    contact: str
    alarm: str


Unmatched = Literal["unknown", "risen", "ambiguous"]
"""No alarm has this code; it is of another level than the alarm's now; two alarms have it."""


def match(links: Links, code: str, contacts: Sequence[str], alarms: Sequence[AlarmRecord]) -> Match | Unmatched:
    """The alarm among `alarms` (those not acknowledged yet) for which one of `contacts` was given `code`.

    A code is bound to the peak level, so that nobody acknowledges what they were not told.
    """
    found = [
        Match(contact, alarm.alarm)
        for alarm in alarms
        for contact in contacts
        if links.is_reply_code(code, contact, alarm.alarm, alarm.peak_level)
    ]
    if found:
        return found[0] if len({alarm for _, alarm in found}) == 1 else "ambiguous"
    risen = any(
        links.is_reply_code(code, contact, alarm.alarm, level)
        for alarm in alarms
        for contact in contacts
        for level in LEVELS
        if level != alarm.peak_level
    )
    return "risen" if risen else "unknown"
