"""Hazard grades: alpha, beta, R and its level by the table; hazards.csv with its mistakes; `tocsin hazard`."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.command import tocsin
from support.site_builder import build_site

from plant.hazard import Quantity, alpha_of, beta_of, grade_of, grade_site, level_of
from plant.mistakes import InputError
from plant.site_reader import read_site

HEAD = "unit,substance,q_t,Q_t,beta,class\n"
UNITS = "unit,enterprise,name,kind,hazard_level,people_500m\nE0001-U1,E0001,A,tank_farm,{level},{people}\n"


def site_with(folder: Path, rows: str, *, level: str = "", people: str = "60") -> Path:
    site = build_site(folder / "site", 3, enterprises=1)
    (site / "units.csv").write_text(UNITS.format(level=level, people=people), encoding="utf-8")
    (site / "hazards.csv").write_text(HEAD + rows, encoding="utf-8")
    return site


@pytest.mark.parametrize(
    ("people", "alpha"),
    [(0, 0.5), (1, 1), (29, 1), (30, 1.2), (49, 1.2), (50, 1.5), (99, 1.5), (100, 2), (5000, 2)],
)
def test_alpha_by_people_within_500_m(people: int, alpha: float) -> None:
    assert alpha_of(people) == alpha


@pytest.mark.parametrize(("r", "level"), [(100, 1), (99.99, 2), (50, 2), (49.99, 3), (10, 3), (9.99, 4), (0, 4)])
def test_levels(r: float, level: int) -> None:
    assert level_of(r) == level


@pytest.mark.parametrize(
    ("names", "beta"),
    [
        (("CO", "so2", "NH3", "氨", "ethylene oxide", "EO"), 2),
        (("HCl", "CH3Br", "溴甲烷"), 3),
        (("Cl2", "液氯", "chlorine"), 4),
        (("H2S", "HF", "硫化氢"), 5),
        (("NO2", "HCN"), 10),
        (("COCl2", "PH3", "MIC", "光气"), 20),
    ],
)
def test_beta_of_toxic_gases(names: tuple[str, ...], beta: float) -> None:
    found = {name: beta_of(name) for name in names}
    assert found == dict.fromkeys(names, beta)


@given(
    st.integers(0, 300),
    st.lists(st.tuples(st.integers(0, 500), st.integers(1, 100), st.sampled_from([1, 2, 3, 4, 5, 10, 20])), max_size=9),
    st.randoms(use_true_random=False),
)
def test_r_is_the_formula_whatever_the_order_of_rows(
    people: int, rows: list[tuple[int, int, int]], rng: object
) -> None:
    quantities = [Quantity(f"s{n}", q, big_q, beta) for n, (q, big_q, beta) in enumerate(rows)]
    exact = Fraction(alpha_of(people)) * sum(Fraction(beta * q, big_q) for q, big_q, beta in rows)
    grade = grade_of("U", people, quantities)
    assert grade.r == pytest.approx(float(exact), rel=1e-12)
    rng.shuffle(quantities)  # type: ignore[attr-defined]
    assert grade_of("U", people, quantities).r == grade.r


def test_the_working_is_printed(tmp_path: Path) -> None:
    site = site_with(tmp_path, "E0001-U1,chlorine,30,5,,\nE0001-U1,petrol,400,200,1,\n", level="2")
    ran = tocsin("hazard", "--site", site)
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "E0001-U1: R = 39, level 3",
        "  alpha = 1.5  (people within 500 m: 60)",
        "  beta x q / Q = 4 x 30 t / 5 t = 24  (chlorine)",
        "  beta x q / Q = 1 x 400 t / 200 t = 2  (petrol)",
        "  R = 1.5 x (24 + 2) = 39",
    ]
    assert ran.err == "units.csv:2: hazard_level: warning: is '2', but R = 39 is level 3\n"


@pytest.mark.parametrize("level", ["3", "level 3", "三级", "III"])
def test_the_same_level_in_units_csv_needs_no_word(level: str, tmp_path: Path) -> None:
    site = site_with(tmp_path, "E0001-U1,liquid,30,5,,Cl2\n", level=level)
    grades, warnings = grade_site(site, read_site(site)[0])
    assert [(grade.r, grade.level) for grade in grades] == [(36.0, 3)]
    assert warnings == []


def test_a_unit_without_a_level_is_told(tmp_path: Path) -> None:
    site = site_with(tmp_path, "E0001-U1,Cl2,1,5,,\n")
    _, warnings = grade_site(site, read_site(site)[0])
    assert [str(w) for w in warnings] == ["units.csv:2: hazard_level: warning: is empty, computed is level 4"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("E9,Cl2,1,5,,\n", "hazards.csv:2: unit: 'E9' is unknown, allowed are the ids of units.csv"),
        (
            "E0001-U1,petrol,1,5,,\n",
            "hazards.csv:2: beta: 'petrol' has no factor here, needed is beta; known are CO, SO2, NH3, C2H4O, HCL, "
            "CH3BR, CL2, H2S, HF, NO2, HCN, COCL2, PH3, CH3NCO",
        ),
        ("E0001-U1,Cl2,1,0,,\n", "hazards.csv:2: Q_t: is 0, allowed are numbers above 0"),
        ("E0001-U1,Cl2,-1,5,,\n", "hazards.csv:2: q_t: '-1' is out of bounds, allowed is at least 0"),
        ("E0001-U1,Cl2,,5,,\n", "hazards.csv:2: q_t: is empty, needed is the most that is there, in tonnes"),
        (
            "E0001-U1,Cl2,1,5,,\nE0001-U1,Cl2,1,5,,\n",
            "hazards.csv:3: substance: 'Cl2' of E0001-U1 stands twice, first on line 2; put the sum in one row",
        ),
    ],
)
def test_mistakes_are_told_at_their_line(rows: str, said: str, tmp_path: Path) -> None:
    site = site_with(tmp_path, rows)
    with pytest.raises(InputError) as raised:
        grade_site(site, read_site(site)[0])
    assert [str(mistake) for mistake in raised.value.mistakes] == [said]
    assert tocsin("hazard", "--site", site).code == 2


def test_nobody_knows_how_many_people_live_near(tmp_path: Path) -> None:
    site = site_with(tmp_path, "E0001-U1,Cl2,1,5,,\n", people="")
    ran = tocsin("hazard", "--site", site)
    assert (ran.code, ran.err) == (
        2,
        "units.csv:2: people_500m: is empty, needed for the hazard grade of E0001-U1: people within 500 m\n",
    )


def test_a_site_without_the_file(tmp_path: Path) -> None:
    ran = tocsin("hazard", "--site", build_site(tmp_path, 3, enterprises=1))
    assert (ran.code, ran.err) == (2, "hazards.csv:1: no such file, needed is unit,substance,q_t,Q_t,beta,class\n")
