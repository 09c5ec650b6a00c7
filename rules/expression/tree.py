"""A formula as a typed tree. A number that is unknown is NaN; a truth that is unknown is neither true nor false.

Rules of the three values (Kleene): docs/reference/several-points.md.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]
Marks = NDArray[np.bool_]
Columns = Mapping[str, Column]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """By row: whether it is true, whether it is false; neither where it is unknown."""

    true: Marks
    false: Marks


class Number(ABC):
    """A part of a formula whose value is a number."""

    @abstractmethod
    def of(self, values: Columns) -> Column:
        """Its value in each row; one value for all rows where no name is in it."""


class Logical(ABC):
    """A part of a formula whose value is a truth."""

    @abstractmethod
    def of(self, values: Columns) -> Truth:
        """Its value in each row; one value for all rows where no name is in it."""


@dataclass(frozen=True, slots=True)
class Literal(Number):
    value: float

    def of(self, values: Columns) -> Column:
        return np.asarray(self.value)


@dataclass(frozen=True, slots=True)
class Name(Number):
    name: str

    def of(self, values: Columns) -> Column:
        return values[self.name]


@dataclass(frozen=True, slots=True)
class Function(Number):
    """A numpy function of one or two numbers, over its parts from the left to the right."""

    function: Callable[..., Column]
    parts: tuple[Number, ...]

    def of(self, values: Columns) -> Column:
        parts = [part.of(values) for part in self.parts]
        return self.function(parts[0]) if len(parts) == 1 else reduce(self.function, parts)


@dataclass(frozen=True, slots=True)
class Constant(Logical):
    value: bool

    def of(self, values: Columns) -> Truth:
        return Truth(np.asarray(self.value), np.asarray(not self.value))


@dataclass(frozen=True, slots=True)
class Comparison(Logical):
    function: Callable[[Column, Column], Marks]
    left: Number
    right: Number

    def of(self, values: Columns) -> Truth:
        left, right = self.left.of(values), self.right.of(values)
        known = ~(np.isnan(left) | np.isnan(right))
        holds = self.function(left, right)
        return Truth(holds & known, ~holds & known)


@dataclass(frozen=True, slots=True)
class All(Logical):
    """`and`: false where some part is false, true where all are true."""

    parts: tuple[Logical, ...]

    def of(self, values: Columns) -> Truth:
        parts = [part.of(values) for part in self.parts]
        return Truth(reduce(np.logical_and, [p.true for p in parts]), reduce(np.logical_or, [p.false for p in parts]))


@dataclass(frozen=True, slots=True)
class Not(Logical):
    part: Logical

    def of(self, values: Columns) -> Truth:
        part = self.part.of(values)
        return Truth(part.false, part.true)


@dataclass(frozen=True, slots=True)
class Formula:
    """A whole formula; `names` are those that stand in it, in alphabetical order."""

    root: Logical
    names: tuple[str, ...]

    def evaluate(self, values: Columns, rows: int) -> Truth:
        """Its truth in each of `rows` rows. `values` gives each name's column, NaN where it is unknown."""
        with np.errstate(all="ignore"):
            found = self.root.of(values)
        return Truth(np.broadcast_to(found.true, rows), np.broadcast_to(found.false, rows))


def divide(left: Column, right: Column) -> Column:
    """Quotients, unknown where the divisor is zero."""
    quotient: Column = np.where(right == 0.0, np.nan, np.divide(left, right))
    return quotient
