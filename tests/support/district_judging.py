"""What was told in a drill, held against what should have been."""

from typing import Final

from support.district_expected import Expected, Reckoning
from support.district_play import Drilled
from support.district_standins import Heard

FIRST_MS: Final = 5_000
"""Within this the first word of a red alarm is out."""
BUSY_MS: Final = 10_000
"""The same, on a machine that is busy with other tests besides."""
SKEW_MS: Final = 1_000
"""So far the times of the log, each of which is another, may run ahead of the providers' clocks."""
RECOVERY_MS: Final = 10_000
"""So long after a provider is well again what it had refused is tried again at the latest: 7 s were asked for."""
_GAPS_MS: Final = {"urgent": (5_000, 60_000), "other": (60_000, 300_000), "digest": (5_000, 5_000)}
"""First and longest gap after a message to the same person (docs/reference/notices.md)."""


def tells(heard: Heard, call: Expected) -> bool:
    """Whether a message may be this call's."""
    return heard.contact == call.contact and heard.channel in call.channels and names(heard, call)


def names(heard: Heard, call: Expected) -> bool:
    """Whether it says what the call is about: neighbours are told of an enterprise."""
    if call.purpose == "neighbour":
        return call.enterprise in heard.enterprises
    return call.subject in heard.subjects


def first_told(drilled: Drilled, call: Expected) -> Heard | None:
    """The first message that may be this call's, from when it was decided."""
    return next((one for one in drilled.heard if one.at_ms >= call.at and tells(one, call)), None)


def latest_ms(drilled: Drilled, call: Expected) -> int:
    """When it is told at the latest: it may wait for its hours, for who is down, and for the pace of messages."""
    back = max(drilled.back_at.get(channel, 0) for channel in call.channels)
    ready = max(call.at, call.not_before, back + RECOVERY_MS if back else 0)
    before = [one for one in drilled.heard if one.contact == call.contact and one.at_ms < ready + FIRST_MS]
    first, longest = _GAPS_MS["urgent" if call.urgent else "digest" if call.bundle else "other"]
    gap = min(longest, first * 2 ** (len(before) - 1)) if before else 0
    if drilled.stopped_at - gap <= ready + FIRST_MS and ready <= drilled.ready_at:
        ready = drilled.ready_at + FIRST_MS
    return ready + gap + FIRST_MS


def is_undisturbed(drilled: Drilled, call: Expected) -> bool:
    """Nothing was down when it was decided."""
    return not any(channel in drilled.back_at for channel in call.channels) and not (
        drilled.stopped_at - FIRST_MS <= call.at <= drilled.ready_at
    )


def is_wanted(drilled: Drilled, reckoning: Reckoning, call: Expected) -> bool:
    """Whether it was to be told before the end: it is not withdrawn, held for good or due later."""
    row = next(row for row in drilled.calls if row.key == call.key)
    withdrawn = row.state == "withdrawn" and (call.route, call.purpose) in reckoning.withdrawn
    return not withdrawn and not call.held and latest_ms(drilled, call) <= drilled.ended_at
