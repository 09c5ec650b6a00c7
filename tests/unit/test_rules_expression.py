"""Formulas: what they mean in three values, and what is refused with which words."""

import math
import random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules.expression import ExpressionError, parse

NAMES = {"a", "b", "c"}


def decide(text: str, a: float = math.nan, b: float = math.nan, c: float = math.nan) -> bool | None:
    """The truth of one row; NaN stands for unknown, and so does None."""
    found = parse(text, NAMES).evaluate({"a": np.array([a]), "b": np.array([b]), "c": np.array([c])}, 1)
    assert not (found.true[0] and found.false[0])
    return True if found.true[0] else False if found.false[0] else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a >= 80 and (b == 1 or not c == 0)", False),
        ("a + b * 2 == 83", False),
        ("a - b - b == 78", False),
        ("a / 4 / 2 == 10", False),
        ("-a < -79 and abs(-a) == 81", True),
        ("70 < a < 82 <= 82 != 3", True),
        ("min(a, b, 3) == 0 and max(a, 9e1) == 90", True),
        ("true and not false", True),
        (" a >\n 80 ", True),
        ("not a > 80 or a > 80 and b > 80", False),
    ],
)
def test_a_formula_means_what_it_says(text: str, expected: bool) -> None:
    assert decide(text, a=81.0, b=0.0, c=0.0) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a > 1", None),
        ("not a > 1", None),
        ("a > 1 and b > 1", False),
        ("a > 1 or b < 1", True),
        ("a > 1 or b > 1", None),
        ("a > 1 and b < 1", None),
        ("a * 0 == 0", None),
        ("min(a, b) < 1", None),
        ("1 / b > 0", None),
        ("b / b == 1 or b == 0", True),
        ("1e308 * 10 > c", True),
        ("1e308 * 10 - 1e308 * 10 == 0", None),
        ("a == a", None),
    ],
)
def test_unknown_is_unknown(text: str, expected: bool | None) -> None:
    assert decide(text, b=0.0, c=5.0) is expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "can't be read"),
        ("a", "a at column 1 is a number, needed is a truth"),
        ("a and b > 1", "a at column 1 is a number"),
        ("(a > 1) + 1 > 0", "a > 1 at column 2 is a truth, needed is a number"),
        ("a < b < true", "true at column 9 is a truth"),
        ("x > 1", "x at column 1 is no name of a point here, allowed are a, b, c"),
        ("a > 1 / 0", "0 at column 9 is zero"),
        ("a > 1 / (2 - 2)", "2 - 2 at column 10 is zero"),
        ("True", "is written true"),
        ("sum(a, b) > 1", "is no function here, allowed are abs, min, max"),
        ("a.real > 1", "a.real at column 1 can't be used"),
        ("a ** 2 > 1", "can't be used, allowed are + - * /"),
        ("a // 2 > 1", "can't be used"),
        ("+a > 1", "can't be used"),
        ("a is b", "allowed are < <= > >= == !="),
        ("a if b else c", "can't be used"),
        ("min(a, *b) > 1", "*b at column 8 can't be used"),
        ("min(a, b=c) > 1", "is no function here"),
        ("min(a) > 1", "min takes two numbers or more"),
        ("abs(a, b) > 1", "abs takes one number"),
        ("(lambda: 1) > a", "':' at column 8 can't be used"),
        ("__import__('os') > 1", '"\'" at column 12'),
        ("a > 0x10", "0x10 at column 5 can't be used"),
        ("a > 1_0", "1_0 at column 5 can't be used"),
        ("a > 1e999", "too large"),
        ("a > 1j", "can't be used"),
        ("1or a > 2", "can't be read"),
        ("ａ > 1", "'ａ' at column 1 can't be used"),
        ("(" * 33 + "a" + ")" * 33 + " > 1", "nested deeper than 32 levels"),
        ("a>1" + "+1<3" * 101, "more than 200 operations"),
        ("not " * 240 + "a > 1", "more than 200 operations"),
        ("-" * 990 + "a > 1", "more than 200 operations"),
        ("a > 1" + " " * 1000, "1005 characters"),
    ],
)
def test_what_is_no_formula_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(ExpressionError) as error:
        parse(text, NAMES)
    assert words in str(error.value)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab1.()+-*/<>=! \n,notrufmix_e'[]{}:@\\\0"), max_size=60))
@example("a" * 999)
@example("(" * 500)
def test_any_text_is_a_formula_or_a_clear_error(text: str) -> None:
    try:
        formula = parse(text, NAMES)
    except ExpressionError:
        return
    found = formula.evaluate({name: np.zeros(2) for name in NAMES}, 2)
    assert found.true.shape == found.false.shape == (2,)


def _random_formula(rng: random.Random, depth: int) -> str:
    if depth == 0:
        return rng.choice(["true", "false", "a > 1", "b == 0", "a / b < c"])
    left, right = _random_formula(rng, depth - 1), _random_formula(rng, depth - 1)
    return rng.choice([f"({left}) and ({right})", f"({left}) or ({right})", f"not ({left})"])


@pytest.mark.parametrize("seed", range(50))
def test_what_is_known_stays_whatever_the_unknown_turns_out_to_be(seed: int) -> None:
    rng = random.Random(seed)
    text = _random_formula(rng, 3)
    before = decide(text, a=math.nan, b=0.0, c=2.0)
    if before is not None:
        assert {decide(text, a=a, b=0.0, c=2.0) for a in (-1.0, 0.0, 2.0)} == {before}
