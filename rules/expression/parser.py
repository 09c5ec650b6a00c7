"""From text to a typed tree. Python's grammar reads it, and only what is listed here is let through."""

import ast
import re
import warnings
from collections.abc import Callable, Collection
from keyword import iskeyword
from typing import Any, Final

import numpy as np

from rules.expression.tree import (
    All,
    Comparison,
    Constant,
    Formula,
    Function,
    Literal,
    Logical,
    Name,
    Not,
    Number,
    divide,
)

MOST_OPERATIONS: Final = 200
MOST_BRACKETS: Final = 32
LARGEST_CHARACTERS: Final = 1000

_FOREIGN = re.compile(r"[^A-Za-z0-9_.,()+\-*/<>=! ]")
_DECIMAL = re.compile(r"([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_COMPARISONS: Final[dict[type[ast.cmpop], Callable[..., Any]]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
_ARITHMETIC: Final[dict[type[ast.operator], Callable[..., Any]]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: divide,
}
_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {"abs": np.abs, "min": np.minimum, "max": np.maximum}
_TRUTHS: Final = {"true": True, "false": False}


class ExpressionError(ValueError):
    """What is wrong in a formula, and what is allowed."""


def reserved(name: str) -> bool:
    """Whether a word has a meaning of its own in formulas, so that no point can be called so."""
    return name in _TRUTHS or name in _FUNCTIONS or iskeyword(name)


def parse(text: str, names: Collection[str]) -> Formula:
    """The formula that the text states over these names. ExpressionError says what is wrong, with its column."""
    if len(text) > LARGEST_CHARACTERS:
        raise ExpressionError(f"{len(text)} characters, allowed are at most {LARGEST_CHARACTERS}")
    # A YAML block keeps its line ends; they mean nothing here.
    text = re.sub(r"\s", " ", text).strip()
    if found := _FOREIGN.search(text):
        raise ExpressionError(
            f"{found[0]!r} at column {found.start() + 1} can't be used, "
            "allowed are names, decimal numbers, + - * / < <= > >= == != ( ) , and or not abs min max true false"
        )
    _check_brackets(text)
    reader = _Reader(text, names)
    try:
        return Formula(reader.logical(_tree(text)), tuple(sorted(reader.used)))
    except RecursionError:
        raise ExpressionError(f"nested too deep, allowed are {MOST_OPERATIONS} operations") from None


def _tree(text: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            # `1or 2` is a warning to Python, and a slip of the pen here.
            warnings.simplefilter("error")
            return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        column = min(max(error.offset or 1, 1), len(text) + 1)
        raise ExpressionError(f"can't be read at column {column}") from None
    except (ValueError, MemoryError):
        raise ExpressionError("can't be read") from None


def _check_brackets(text: str) -> None:
    depth = 0
    for column, character in enumerate(text, 1):
        depth += (character == "(") - (character == ")")
        if depth > MOST_BRACKETS:
            raise ExpressionError(f"brackets at column {column} nested deeper than {MOST_BRACKETS} levels")


class _Reader:
    """Lets nodes through one by one; `used` are the names met."""

    def __init__(self, text: str, names: Collection[str]) -> None:
        self._text = text
        self._names = names
        self._operations = 0
        self.used: set[str] = set()

    def logical(self, node: ast.expr) -> Logical:
        """A node where a truth is needed."""
        match node:
            case ast.Name(id="true" | "false" as word):
                return Constant(_TRUTHS[word])
            case ast.BoolOp(op=op, values=values):
                self._count(node, len(values) - 1)
                parts = tuple(self.logical(value) for value in values)
                if isinstance(op, ast.And):
                    return All(parts)
                return Not(All(tuple(Not(part) for part in parts)))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                self._count(node)
                return Not(self.logical(operand))
            case ast.Compare():
                return self._comparison(node)
        self.number(node)
        raise self._wrong(node, "is a number, needed is a truth: a comparison, and, or, not, true, false")

    def number(self, node: ast.expr) -> Number:
        """A node where a number is needed."""
        match node:
            case ast.Constant():
                return self._literal(node)
            case ast.Name(id=name) if name not in _TRUTHS:
                if name not in self._names:
                    known = ", ".join(sorted(self._names))
                    raise self._wrong(node, f"is no name of a point here, allowed are {known}")
                self.used.add(name)
                return Name(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                self._count(node)
                return Function(np.negative, (self.number(operand),))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                self._count(node)
                parts = (self.number(left), self.number(right))
                if isinstance(op, ast.Div):
                    self._check_divisor(right, parts[1])
                return Function(_ARITHMETIC[type(op)], parts)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
                self._count(node)
                if (len(args) != 1) if name == "abs" else (len(args) < 2):
                    needed = "one number" if name == "abs" else "two numbers or more"
                    raise self._wrong(node, f"{name} takes {needed}")
                return Function(_FUNCTIONS[name], tuple(self.number(arg) for arg in args))
            case ast.Call():
                raise self._wrong(node, "is no function here, allowed are abs, min, max")
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()) | ast.Name():
                raise self._wrong(node, "is a truth, needed is a number")
        raise self._wrong(node, "can't be used, allowed are + - * / and abs, min, max")

    def _comparison(self, node: ast.Compare) -> Logical:
        self._count(node, len(node.ops))
        if any(type(op) not in _COMPARISONS for op in node.ops):
            raise self._wrong(node, "can't be used, allowed are < <= > >= == !=")
        sides = [self.number(side) for side in (node.left, *node.comparators)]
        parts = tuple(
            Comparison(_COMPARISONS[type(op)], left, right)
            for op, left, right in zip(node.ops, sides, sides[1:], strict=False)
        )
        return parts[0] if len(parts) == 1 else All(parts)

    def _literal(self, node: ast.Constant) -> Number:
        text = ast.get_source_segment(self._text, node) or ""
        if isinstance(node.value, bool):
            raise self._wrong(node, f"is written {str(node.value).lower()}")
        if not _DECIMAL.fullmatch(text):
            raise self._wrong(node, "can't be used, allowed are decimal numbers")
        value = float(text)
        if not np.isfinite(value):
            raise self._wrong(node, "is too large for a number")
        return Literal(value)

    def _check_divisor(self, node: ast.expr, divisor: Number) -> None:
        if not any(isinstance(part, ast.Name) and part.id in self._names for part in ast.walk(node)):
            with np.errstate(all="ignore"):
                value = float(divisor.of({}))
            if value == 0.0 or value != value:
                raise self._wrong(node, "is zero, and nothing can be divided by it")

    def _count(self, node: ast.expr, operations: int = 1) -> None:
        self._operations += operations
        if self._operations > MOST_OPERATIONS:
            raise ExpressionError(f"more than {MOST_OPERATIONS} operations, allowed are at most so many")

    def _wrong(self, node: ast.expr, message: str) -> ExpressionError:
        shown = ast.get_source_segment(self._text, node) or ""
        shown = shown if len(shown) <= 40 else f"{shown[:40]}..."
        return ExpressionError(f"{shown} at column {node.col_offset + 1} {message}")
