"""A remark: an event of an alarm that neither the engine nor an operator's action on it brought about (pure)."""

from typing import Literal, NamedTuple


class Remark(NamedTuple):
    """`escalated`: a further rung of a ladder was reached. `closed`: its disposal was closed with a cause.

    `shelved`: it was raised while its rule, subject and side are shelved; then `by` and `until_ms` are the shelf's.
    `unshelved`: that shelf has ended.
    """

    alarm: str
    name: Literal["escalated", "closed", "shelved", "unshelved"]
    at: int
    """On the engine's clock (ms)."""
    reason: str
    by: str = ""
    until_ms: int | None = None
    one_shot: bool = False
