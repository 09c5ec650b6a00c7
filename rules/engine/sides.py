"""From levels that are on to alarms (semantics 5.1): one alarm per (rule, subject, side), ranked by severity."""

from typing import ClassVar, Final

import numpy as np

from rules.engine.columns import I64, LONG_AGO_MS, U8
from rules.schema import AnyLevel, Rule

SEVERITY_RANK: Final = {"blue": 1, "yellow": 2, "orange": 3, "red": 4}
SEVERITY_OF_RANK: Final = {rank: severity for severity, rank in SEVERITY_RANK.items()}
SIDE_OF: Final[dict[AnyLevel, str]] = {"ll": "low", "l": "low", "h": "high", "hh": "high", "on": ""}
LEVEL_OF: Final[dict[tuple[str, int], AnyLevel]] = {
    ("low", 0): "l",
    ("low", 1): "ll",
    ("high", 0): "h",
    ("high", 1): "hh",
    ("", 0): "on",
    ("degraded", 0): "on",
}


def rank_of(rule: Rule, level: AnyLevel) -> int:
    """A level's rank: the severity first, then hh over h and ll over l. 0 is kept for `no level is on`."""
    return 2 * SEVERITY_RANK[rule.severity_of(level)] + (level in ("hh", "ll"))


def level_of_rank(side: str, rank: int) -> tuple[AnyLevel, str]:
    """(level, severity) of a rank on a side."""
    return LEVEL_OF[side, rank % 2], SEVERITY_OF_RANK[rank // 2]


class SideState:
    """One side of every slot of a group: which level the alarm has, since when, and its last event's time."""

    COLUMNS: ClassVar[tuple[str, ...]] = ("rank", "raised_at", "last_at")

    def __init__(self, side: str, slots: int) -> None:
        self.side = side
        self.rank: U8 = np.zeros(slots, dtype=np.uint8)
        self.raised_at: I64 = np.full(slots, LONG_AGO_MS)
        self.last_at: I64 = np.full(slots, LONG_AGO_MS)

    def move(self, slot: int, rank: int, t: int) -> tuple[str, int, int]:
        """Take the alarm of a slot to `rank` at time t; returns (event, rank that the event names, its time)."""
        before, last = int(self.rank[slot]), int(self.last_at[slot])
        if before == 0:
            at = max(t, last + 1)
            self.raised_at[slot] = at
            event, named = "raised", rank
        else:
            at = max(t, last)
            event = "cleared" if rank == 0 else "upgraded" if rank > before else "downgraded"
            named = before if rank == 0 else rank
        self.rank[slot] = rank
        self.last_at[slot] = at
        return event, named, at
