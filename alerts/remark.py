"""A remark: an event of an alarm that neither the engine nor an operator's action on it brought about (pure)."""

from typing import Literal, NamedTuple


class Remark(NamedTuple):
    """`escalated`: a further rung of a ladder was reached. `closed`: its disposal was closed with a cause."""

    alarm: str
    name: Literal["escalated", "closed"]
    at: int
    """On the engine's clock (ms)."""
    reason: str
