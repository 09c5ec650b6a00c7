"""What telling remembers of an alarm: how far its ladders are, and who was told (pure).

Nothing here can be part of a cycle, so the garbage collector need not look at it (gc=False): with ten thousands of open
ladders it would take as long as telling does.
"""

from typing import Literal

import msgspec

End = Literal["", "answered", "withheld", "over"]
"""Why a ladder is not climbed any more: acknowledged; shelved or under an override; cleared. Empty: it is."""


class ToldContact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    contact: str
    rung: int
    """The rung that told first: what follows goes over its channels."""
    neighbour: bool = False


class HeldCall(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A call that waits for an approval: only then is the contact told."""

    key: str
    told: ToldContact


class Recent(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A contact who was called at the time of the last step, so that nobody is called twice at the same time."""

    contact: str
    not_before: int
    keys: tuple[str, ...]


class Ladder(msgspec.Struct, frozen=True, gc=False):
    """A route that an alarm has entered. Times are ms on the engine's clock."""

    route: str
    entered_at: int
    """When it was entered, or last began again: the rungs' times count from here."""
    n: int
    """The event that the rung told last is about."""
    rung: int = 0
    """The next rung; as many as there are once the last was told."""
    round: int = 0
    """How often the ladder repeated or began again: keeps the keys of calls apart."""
    repeats: int = 0
    stepped_at: int = 0
    due: int | None = None
    """When the next rung or repeat is due; None: nothing is to come."""
    ended: End = ""
    waits: tuple[str, ...] = ()
    """Keys of the last rung's calls that have not failed."""
    told: tuple[ToldContact, ...] = ()
    held: tuple[HeldCall, ...] = ()


class AlarmLadders(msgspec.Struct, frozen=True, gc=False):
    """All routes that one alarm has entered, in the order in which it did."""

    alarm: str
    ladders: tuple[Ladder, ...] = ()
    recent_at: int = 0
    recent: tuple[Recent, ...] = ()

    @property
    def due(self) -> int | None:
        """The earliest due time of its ladders."""
        return min((ladder.due for ladder in self.ladders if ladder.due is not None), default=None)
