"""The readings of several entries as one set of columns, each row with the received_at of its entry."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plant.entries import Readings
from plant.quality import RETAINED
from rules.engine.columns import F64, I32, I64, U8, Bool, Index
from rules.engine.point_table import PointTable


@dataclass(frozen=True, slots=True, eq=False)
class Intake:
    """Rows in the order of the log; entry is the place of the row's entry, source the index of its source."""

    point: Index
    measured_at_ms: I64
    value: F64
    quality: U8
    received: I64
    entry: I32
    source: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.point)

    def select(self, keep: Bool) -> "Intake":
        return Intake(
            self.point[keep],
            self.measured_at_ms[keep],
            self.value[keep],
            self.quality[keep],
            self.received[keep],
            self.entry[keep],
            self.source[keep],
        )

    def of_known(self, table: PointTable) -> "Intake":
        """Without points that are not in the site, and without retained readings, which change no state (1.8)."""
        keep = self.quality < RETAINED
        inside = self.point < table.size
        if not inside.all():
            keep &= inside
            keep[inside] &= table.known[self.point[inside]]
        elif not table.all_known:
            keep &= table.known.take(self.point)
        return self if keep.all() else self.select(keep)


def intake(readings: Sequence[Readings], sources: Sequence[int]) -> Intake:
    """Put the batches of these entries below each other; `sources` gives each entry's source index."""
    lengths = [len(entry.batch) for entry in readings]
    if len(readings) == 1:
        batch, n = readings[0].batch, lengths[0]
        return Intake(
            batch.point.astype(np.intp),
            batch.measured_at_ms,
            batch.value,
            batch.quality,
            np.full(n, readings[0].received_at_ms),
            np.zeros(n, dtype=np.int32),
            np.full(n, sources[0], dtype=np.int16),
        )
    return Intake(
        np.concatenate([entry.batch.point for entry in readings]).astype(np.intp),
        np.concatenate([entry.batch.measured_at_ms for entry in readings]),
        np.concatenate([entry.batch.value for entry in readings]),
        np.concatenate([entry.batch.quality for entry in readings]),
        np.repeat(np.array([entry.received_at_ms for entry in readings], dtype=np.int64), lengths),
        np.repeat(np.arange(len(readings), dtype=np.int32), lengths),
        np.repeat(np.array(sources, dtype=np.int16), lengths),
    )
