"""What happened to points, to levels and to subjects, as columns, until its instant is closed."""

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rules.engine.columns import F64, I64, U8, Bool, Index


class Columns:
    """A dataclass of columns of one length. The rows of one key stand in the order in which they happened."""

    received: I64

    def __len__(self) -> int:
        return len(self.received)

    def select(self, index: Bool | Index) -> Self:
        """These rows alone."""
        return type(self)(*(column[index] for column in self.columns()))

    def columns(self) -> list[NDArray[Any]]:
        return [getattr(self, field.name) for field in fields(self)]  # type: ignore[arg-type]

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        """All rows, one part after the other."""
        if len(parts) == 1:
            return parts[0]
        return cls(*(np.concatenate(columns) for columns in zip(*(part.columns() for part in parts), strict=True)))


@dataclass(frozen=True, slots=True, eq=False)
class PointReadings(Columns):
    """Usable readings of points that are looked at; `point` is the place in the layout's points.

    run  the number of the run of entries in which they came
    """

    point: Index
    t: I64
    value: F64
    received: I64
    run: I64

    @classmethod
    def none(cls) -> Self:
        none = np.zeros(0, np.int64)
        return cls(np.zeros(0, np.intp), none, np.zeros(0), none, none)


@dataclass(frozen=True, slots=True, eq=False)
class SourceChanges(Columns):
    """How sources stand from then on; of one point, run and instant first silent, then by a reading known.

    silent  of what is unknown: whether it is so by silence, or is only waited for; what is known is never silent
    """

    source: Index
    t: I64
    known: Bool
    silent: Bool
    received: I64
    run: I64

    @classmethod
    def none(cls) -> Self:
        none = np.zeros(0, np.int64)
        no = np.zeros(0, np.bool_)
        return cls(np.zeros(0, np.intp), none, no, no, none, none)


@dataclass(frozen=True, slots=True, eq=False)
class LevelChanges(Columns):
    """Moments at which levels of streams may have changed; `bits` are those that are on from then."""

    stream: Index
    t: I64
    bits: U8
    received: I64

    @classmethod
    def none(cls) -> Self:
        return cls(np.zeros(0, np.intp), np.zeros(0, np.int64), np.zeros(0, np.uint8), np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Concern(Columns):
    """What subjects are to be decided for, and when."""

    subject: Index
    t: I64
    received: I64
