"""The four colours, seen by people who lack one kind of cone, are still four."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from dashboards.colours import GRADES, grade_words
from dashboards.say import Say

# Simulation of full dichromacy on linear RGB: Machado, Oliveira, Fernandes 2009, table of severity 1.0.
SEEN_BY = {
    "everybody": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])
APART = 20.0
"""In CIE Lab, where about 2.3 is just noticeable."""


def linear(colour: str) -> NDArray[np.float64]:
    given = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(given <= 0.04045, given / 12.92, ((given + 0.055) / 1.055) ** 2.4)


def lab(colour: str, seen_by: str) -> NDArray[np.float64]:
    xyz = _TO_XYZ @ np.clip(SEEN_BY[seen_by] @ linear(colour), 0, 1) / _WHITE
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("seen_by", SEEN_BY)
def test_no_two_colours_look_alike(seen_by: str) -> None:
    for (one, a), (other, b) in combinations(GRADES.items(), 2):
        distance = float(np.linalg.norm(lab(a, seen_by) - lab(b, seen_by)))
        assert distance >= APART, (seen_by, one, other, round(distance, 1))


def test_the_four_grow_lighter_from_red_to_yellow() -> None:
    red, orange, yellow = (lab(GRADES[number], "everybody")[0] for number in (4, 3, 2))
    assert red + 15 < orange < yellow - 15


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_has_a_shape_of_its_own(language: str) -> None:
    words = grade_words(Say(language))  # type: ignore[arg-type]
    assert len({text[0] for text in words.values()}) == len(words) == len(GRADES)
