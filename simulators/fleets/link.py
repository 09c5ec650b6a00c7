"""The port of a connection: dialled once, sends messages, tells what was taken over and when it broke."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from simulators.wire.port import Message


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told of a connection's life. All are called in the event loop."""

    acknowledged: Callable[[int], None]
    """The other side has taken over the message of that token."""
    heard: Callable[[str, bytes], None]
    """(topic, payload) came in."""
    lost: Callable[[str], None]
    """The connection is gone, and why."""


class Link(Protocol):
    """A connection that stands."""

    def send(self, message: Message) -> int:
        """Hand over a message; returns its token, unique among those not yet acknowledged on this connection."""

    def abort(self) -> None:
        """Break it without a word."""

    async def close(self) -> None:
        """End it properly, when all that was sent is written."""


class Dialler(Protocol):
    """Makes connections to one place."""

    async def dial(self, will: Message | None, subscriptions: Sequence[str], listener: Listener) -> Link:
        """A connection that is ready for messages. OSError says why there is none."""
