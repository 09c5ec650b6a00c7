"""Hypothesis strategies over the random cases."""

from collections.abc import Sequence
from random import Random

from hypothesis import strategies as st
from support.random_cases import CONDITIONS, Case, random_case


def cases(
    entries: int = 40,
    points: int = 3,
    rules: int = 3,
    reconfigure: bool = True,
    kinds: Sequence[str] = CONDITIONS,
    several: int = 0,
) -> st.SearchStrategy[Case]:
    """Whole cases: a site, its rules, and a log; hypothesis shrinks the draws."""
    return st.randoms(use_true_random=False).map(
        lambda rng: random_case(rng, entries, points, rules, reconfigure, kinds, several)
    )


def seeded_cases(entries: int = 200, points: int = 5, rules: int = 8) -> st.SearchStrategy[Case]:
    """Larger cases that are cheap to draw (one seed each) and don't shrink."""
    return st.integers(0, 2**32 - 1).map(
        lambda seed: random_case(Random(seed), entries=entries, points=points, rules=rules)
    )
