"""Formulas over named numbers: parsed and typed once, computed on numpy columns. Three-valued; nothing is executed."""

from rules.expression.parser import ExpressionError, parse
from rules.expression.tree import Formula, Truth

__all__ = ["ExpressionError", "Formula", "Truth", "parse"]
