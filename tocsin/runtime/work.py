"""The port between what takes entries in and what writes them: to the journal here, or to Kafka."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from plant.entries import Entry

SWITCH_S: Final = 0.001
"""Threads change after this: with Python's 5 ms one that was woken up would wait that long for the interpreter."""


@dataclass(frozen=True, slots=True)
class Work:
    """An entry to be written. `durable` is called when it is (on the writer's thread), `decided` when nobody waits for
    it any more: its alarms are in the book, or it is Kafka's (on another thread); neither may raise or block.
    """

    entry: Entry
    size: int = 0
    durable: Callable[[], None] | None = None
    decided: Callable[[int], None] | None = None


class EntryWriter(Protocol):
    """Writes entries in the order of submission."""

    @property
    def waiting_bytes(self) -> int:
        """Roughly the memory of what was submitted and is not decided yet."""

    def submit(self, work: Work) -> None:
        """Returns at once. From any thread."""
