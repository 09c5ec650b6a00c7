"""Expressions over the points of one unit, evaluated in three values by walking the formula once for each decision.

The formula is taken to be right: which formulas are wrong is the loader's to say.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping

Value = float | bool | None
"""A number, a truth, or None: unknown."""

ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def parse(formula: str) -> ast.expr:
    return ast.parse(formula.strip(), mode="eval").body


def evaluate(tree: ast.expr, values: Mapping[str, float | None]) -> Value:
    """`values`: name -> the point's last usable value, None where the point is unknown."""
    match tree:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id="true"):
            return True
        case ast.Name(id="false"):
            return False
        case ast.Name(id=name):
            return values[name]
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            truth = evaluate(inner, values)
            return None if truth is None else not truth
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            number = evaluate(inner, values)
            return None if number is None else -number
        case ast.BoolOp(op=ast.And(), values=parts):
            return both([evaluate(part, values) for part in parts])
        case ast.BoolOp(op=ast.Or(), values=parts):
            return either([evaluate(part, values) for part in parts])
        case ast.BinOp(left=left, op=op, right=right):
            return arithmetic(op, evaluate(left, values), evaluate(right, values))
        case ast.Compare(left=left, ops=ops, comparators=others):
            numbers = [evaluate(part, values) for part in [left, *others]]
            pairs = zip(ops, numbers, numbers[1:], strict=False)
            return both([None if a is None or b is None else COMPARISONS[type(op)](a, b) for op, a, b in pairs])
        case ast.Call(func=ast.Name(id=name), args=arguments):
            numbers = [evaluate(part, values) for part in arguments]
            if any(number is None for number in numbers):
                return None
            return abs(numbers[0]) if name == "abs" else {"min": min, "max": max}[name](numbers)
    raise ValueError(ast.dump(tree))


def both(truths: list[Value]) -> Value:
    """`and` of all of them: a false one decides, else an unknown one."""
    if any(truth is False for truth in truths):
        return False
    return None if any(truth is None for truth in truths) else True


def either(truths: list[Value]) -> Value:
    """`or` of all of them: a true one decides, else an unknown one."""
    if any(truth is True for truth in truths):
        return True
    return None if any(truth is None for truth in truths) else False


def arithmetic(op: ast.operator, left: Value, right: Value) -> Value:
    if left is None or right is None or (isinstance(op, ast.Div) and right == 0):
        return None
    result = ARITHMETIC[type(op)](left, right)
    return None if math.isnan(result) else result
