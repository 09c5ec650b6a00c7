"""A micro-batch of readings as columns: the unit of acknowledgement, durability, evaluation and replay."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from plant.quality import NO_TIME_MS, Quality


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Readings as columns of one length, in the order in which they were taken in.

    point           uint32   durable point number (plant.registry.PointRegistry)
    measured_at_ms  int64    the device's time in ms since the epoch, or NO_TIME_MS / UNREADABLE_TIME_MS
    value           float64  in the point's unit; NaN where the value is missing
    quality         uint8    low two bits a Quality, RETAINED may be set
    """

    point: NDArray[np.uint32]
    measured_at_ms: NDArray[np.int64]
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]

    def __post_init__(self) -> None:
        n = len(self.point)
        if not (len(self.measured_at_ms) == len(self.value) == len(self.quality) == n):
            raise ValueError("the columns of a batch must be of one length")

    def __len__(self) -> int:
        return len(self.point)

    def __eq__(self, other: object) -> bool:
        """Equal cell for cell, NaN equal to NaN."""
        if not isinstance(other, Batch):
            return NotImplemented
        return (
            np.array_equal(self.point, other.point)
            and np.array_equal(self.measured_at_ms, other.measured_at_ms)
            and np.array_equal(self.value, other.value, equal_nan=True)
            and np.array_equal(self.quality, other.quality)
        )

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def of(cls, rows: Iterable[tuple[int, int | None, float | None, int]]) -> Self:
        """Make a batch from rows (point number, measured_at_ms or None, value or None, quality)."""
        rows = list(rows)
        return cls(
            np.array([r[0] for r in rows], dtype=np.uint32),
            np.array([NO_TIME_MS if r[1] is None else r[1] for r in rows], dtype=np.int64),
            np.array([np.nan if r[2] is None else r[2] for r in rows], dtype=np.float64),
            np.array([Quality.BAD if r[2] is None else r[3] for r in rows], dtype=np.uint8),
        )

    def select(self, index: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Self:
        """The rows that `index` picks, in its order."""
        return type(self)(self.point[index], self.measured_at_ms[index], self.value[index], self.quality[index])
