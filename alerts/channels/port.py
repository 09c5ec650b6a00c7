"""The port of a channel: what the dispatcher asks of every way to tell somebody."""

from dataclasses import dataclass
from typing import Protocol

ANSWER_BYTES = 512
"""How much of a target's answer is kept."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One event for one target. `event` is the published event object as JSON, `id` is stable over retries."""

    id: str
    name: str
    enterprise: str
    subject: str
    at_ms: int
    event: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt. Only `delivered` ends the retries."""

    delivered: bool
    status: int | None = None
    answer: str = ""
    error: str = ""
    retry_after_s: float | None = None
    """The target asked not to be called before that many seconds have passed."""


class Channel(Protocol):
    @property
    def name(self) -> str:
        """The target's name in the outbox."""

    async def send(self, notice: Notice, now_ms: int) -> Outcome:
        """Try once, within the channel's own time limit. Raises nothing: every failure is an Outcome."""

    async def close(self) -> None:
        """Give up connections."""
