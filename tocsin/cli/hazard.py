"""`tocsin hazard`: the grade R of major hazards, with its working."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.rules_diff import Lang, Language

if TYPE_CHECKING:
    from plant.hazard import Grade

_WORDS = {
    "en": ("people within 500 m", "level"),
    "zh": ("500 m 内人数", "级别"),
}


def hazard(
    site: Annotated[Path, typer.Option("--site", metavar="DIR", help="The site folder, with hazards.csv in it.")],
    lang: Lang = Language.EN,
) -> None:
    """Compute the hazard grade R = alpha x sum(beta x q / Q) of each unit in hazards.csv, and print the working."""
    from plant.hazard import grade_site
    from plant.site_reader import read_site

    read, _ = read_site(site)
    grades, warnings = grade_site(site, read)
    for n, grade in enumerate(grades):
        print(*(["", *_working(grade, lang.value)] if n else _working(grade, lang.value)), sep="\n")
    for warning in warnings:
        print(warning, file=sys.stderr)


def _working(grade: "Grade", lang: str) -> list[str]:
    people, level = _WORDS[lang]
    lines = [f"{grade.unit}: R = {_number(grade.r)}, {level} {grade.level}"]
    lines.append(f"  alpha = {_number(grade.alpha)}  ({people}: {grade.people_500m})")
    for q in grade.quantities:
        product = f"{_number(q.beta)} x {_number(q.q_t)} t / {_number(q.threshold_t)} t"
        lines.append(f"  beta x q / Q = {product} = {_number(q.share)}  ({q.substance})")
    shares = " + ".join(_number(q.share) for q in grade.quantities)
    lines.append(f"  R = {_number(grade.alpha)} x ({shares}) = {_number(grade.r)}")
    return lines


def _number(value: float) -> str:
    return f"{value:.6g}"
