"""A call: what telling decided, and the outbox owes: word of one alarm to one person, with ways to try (pure)."""

from typing import Literal, NamedTuple

import msgspec

Purpose = Literal[
    "alarm", "repeat", "escalated", "resolved", "acknowledged", "late", "disposal", "overdue", "neighbour", "test"
]
"""Why somebody is told: first word, again, because nobody answered, it is over, somebody has it in hand, ..."""


class Way(NamedTuple):
    """A person and a channel, by their ids in contacts.csv and in the settings."""

    contact: str
    channel: str


class Call(msgspec.Struct, frozen=True, gc=False):
    """Word of event `n` of an alarm, owed to the first of `ways` and, where that fails, to the next one.

    `key` is derived from alarm, event, route, rung, round and contact: the same however often it is decided, so that
    what is queued twice is owed once.
    """

    key: str
    alarm: str
    n: int
    purpose: Purpose
    ways: tuple[Way, ...]
    at: int
    """When it was decided, on the engine's clock (ms)."""
    route: str = ""
    rung: int = 0
    not_before: int = 0
    """Quiet hours and digests hold it until then (ms)."""
    bundle: str = ""
    """Calls of one recipient and bundle that are due together may go as one message; empty: by the recipient alone."""
    urgent: bool = False
    """Red: quiet hours do not hold it, and the share of quotas kept for red is open to it."""
    named: bool = False
    """Of a never-suppress level: a bundle names it."""
    approvers: tuple[str, ...] = ()
    """Held until one of these has approved."""


class Withdrawal(NamedTuple):
    """Calls of an alarm that are owed still and are not wanted any more; of one route, where it is given.

    With `held` only those among them that wait for an approval.
    """

    alarm: str
    purposes: tuple[Purpose, ...]
    route: str | None
    at: int
    reason: str
    held: bool = False


class Escalation(NamedTuple):
    """A rung beyond the first was reached because nobody answered: the alarm gets an `escalated` event."""

    alarm: str
    route: str
    rung: int
    at: int
    reason: str
