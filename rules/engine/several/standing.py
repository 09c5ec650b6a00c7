"""How sources and streams stand at the end of the last closed instant."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rules.engine.columns import F64, U8, Bool
from rules.engine.several.layout import Layout


@dataclass(slots=True, eq=False)
class Standing:
    """known and silent by source, bits (levels that are on) by stream, value by looked-at point (NaN: none yet).

    What is neither known nor silent is waited for.
    """

    COLUMNS: ClassVar[tuple[str, ...]] = ("known", "silent", "bits", "value")

    known: Bool
    silent: Bool
    bits: U8
    value: F64

    @classmethod
    def of(cls, layout: Layout) -> "Standing":
        """Nothing known, nothing on."""
        return cls(
            np.zeros(layout.sources_total, dtype=np.bool_),
            np.zeros(layout.sources_total, dtype=np.bool_),
            np.zeros(layout.streams_total, dtype=np.uint8),
            np.full(len(layout.points), np.nan),
        )
