"""Notes the changes of levels that a rule over several points looks at."""

from dataclasses import dataclass, field

import numpy as np

from rules.engine.columns import I64, U8, Bool, Index
from rules.engine.several.group_layout import LEVEL_BIT
from rules.engine.several.happenings import LevelChanges
from rules.schema import AnyLevel


@dataclass(slots=True, eq=False)
class Watch:
    """Of one group. `stream` is by slot, -1 where nobody looks; `noted` is shared by the watches of an engine."""

    stream: Index
    noted: list[LevelChanges] = field(default_factory=list)

    def note(self, slot: Index, t: I64, on: Bool, levels: tuple[AnyLevel, ...], received: I64) -> None:
        """Levels of slots at these moments (`on` by level and moment), a slot's in order."""
        stream = self.stream[slot]
        keep = stream >= 0
        if keep.any():
            bits = bits_of(on, levels)
            self.noted.append(LevelChanges(stream[keep], t[keep], bits[keep], received[keep]))

    def note_one(self, slot: int, t: int, received: int, *, on: bool) -> None:
        """The one level of one slot."""
        at = np.array([slot], dtype=np.intp)
        self.note(at, np.array([t]), np.array([[on]]), ("on",), np.array([received]))


def bits_of(on: Bool, levels: tuple[AnyLevel, ...]) -> U8:
    """Levels that are on, by level and column, as bits by column."""
    weight = np.array([LEVEL_BIT[level] for level in levels], dtype=np.uint8)
    bits: U8 = (on * weight[:, None]).sum(axis=0, dtype=np.uint8)
    return bits
