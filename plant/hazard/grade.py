"""R = alpha x sum(beta x q / Q) of a unit, and the level that R means (annex of order 40; GB 18218-2018)."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from typing import Final

ALPHAS: Final = ((100, 2.0), (50, 1.5), (30, 1.2), (1, 1.0), (0, 0.5))
"""(people within 500 m at least, alpha)."""

LEVELS: Final = ((100.0, 1), (50.0, 2), (10.0, 3), (0.0, 4))
"""(R at least, level); 1 is the gravest."""

BETAS: Final = {
    "co": 2.0, "so2": 2.0, "nh3": 2.0, "c2h4o": 2.0,
    "hcl": 3.0, "ch3br": 3.0,
    "cl2": 4.0,
    "h2s": 5.0, "hf": 5.0,
    "no2": 10.0, "hcn": 10.0,
    "cocl2": 20.0, "ph3": 20.0, "ch3nco": 20.0,
}  # fmt: skip
"""Beta of toxic gases, by formula in small letters."""

_FORMULA_OF: Final = {
    "carbon monoxide": "co", "一氧化碳": "co",
    "sulphur dioxide": "so2", "sulfur dioxide": "so2", "二氧化硫": "so2",
    "ammonia": "nh3", "氨": "nh3", "氨气": "nh3",
    "ethylene oxide": "c2h4o", "eo": "c2h4o", "环氧乙烷": "c2h4o",
    "hydrogen chloride": "hcl", "氯化氢": "hcl",
    "methyl bromide": "ch3br", "溴甲烷": "ch3br",
    "chlorine": "cl2", "氯": "cl2", "氯气": "cl2", "液氯": "cl2", "液氨": "nh3",
    "hydrogen sulphide": "h2s", "hydrogen sulfide": "h2s", "硫化氢": "h2s",
    "hydrogen fluoride": "hf", "氟化氢": "hf",
    "nitrogen dioxide": "no2", "二氧化氮": "no2",
    "hydrogen cyanide": "hcn", "氰化氢": "hcn",
    "phosgene": "cocl2", "碳酰氯": "cocl2", "光气": "cocl2",
    "phosphine": "ph3", "磷化氢": "ph3",
    "methyl isocyanate": "ch3nco", "mic": "ch3nco", "异氰酸甲酯": "ch3nco",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quantity:
    """What of a substance is there, and its threshold quantity, both in tonnes."""

    substance: str
    q_t: float
    threshold_t: float
    beta: float

    @property
    def share(self) -> float:
        """beta x q / Q."""
        return self.beta * self.q_t / self.threshold_t


@dataclass(frozen=True, slots=True)
class Grade:
    """The grade of one unit, with all that it was computed from."""

    unit: str
    people_500m: int
    alpha: float
    quantities: tuple[Quantity, ...]
    r: float
    level: int


def alpha_of(people_500m: int) -> float:
    """The factor for people exposed within 500 m."""
    return next(alpha for least, alpha in ALPHAS if people_500m >= least)


def beta_of(substance: str) -> float | None:
    """The factor of a toxic gas, by formula or by name in English or Chinese; None where it is not in the table."""
    word = substance.strip().lower()
    return BETAS.get(_FORMULA_OF.get(word, word))


def level_of(r: float) -> int:
    """1 (gravest) to 4."""
    return next((level for least, level in LEVELS if r >= least), 4)


def grade_of(unit: str, people_500m: int, quantities: Sequence[Quantity]) -> Grade:
    """The grade of a unit from all that is there."""
    alpha = alpha_of(people_500m)
    # Summed without rounding on the way, so that the order of rows does not decide a grade.
    r = alpha * fsum(quantity.share for quantity in quantities)
    return Grade(unit, people_500m, alpha, tuple(quantities), r, level_of(r))
