"""What a channel's stand-in offers to the contract suite."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, Protocol

from alerts.channels.port import Channel

Script = Literal["ok", "error", "throttled", "slow", "nonsense", "hang_up"]
"""How the stand-in answers from now on: `error` refuses as the service refuses (its own code), `throttled` says that
its limit is reached, `slow` answers only after the channel's time limit, `nonsense` answers what can't be understood.
"""


class Harness(Protocol):
    """A channel and its stand-in on 127.0.0.1."""

    plays: frozenset[Script]
    """What the stand-in can be told to do; beyond `ok`."""
    words: bool
    """People read or hear what it sends (else programs do)."""
    links: bool
    """Its texts carry the link on which to answer."""
    secrets: tuple[str, ...]
    """Nothing of these may be seen in an outcome or a log."""

    def channel(self, timeout_s: float = 5.0) -> Channel:
        """A new channel, set up as by its settings."""

    def play(self, script: Script) -> None:
        """How the stand-in answers from now on."""

    def told(self) -> list[str]:
        """The words of each message that the stand-in has accepted, as the person gets them; oldest first."""

    def complaints(self) -> list[str]:
        """What the service would not have taken: a wrong signature, a text beyond its limit, a missing field."""


class MakeHarness(Protocol):
    """Starts the stand-in; leaving the context stops it."""

    def __call__(self, folder: Path) -> AbstractContextManager[Harness]: ...
