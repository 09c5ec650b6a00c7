"""Inherent grades of a configuration: the computed hazard levels where it has hazards.csv, else those of units.csv."""

from pathlib import Path
from tempfile import TemporaryDirectory

from alerts.risk import InherentGrades, Nodes
from plant.hazard import grade_site
from plant.hazard.reader import FILE
from plant.mistakes import InputError, Mistake
from tocsin.configuration import Configured, kept_files, unpack_files


def grades_of(configured: Configured, nodes: Nodes) -> tuple[InherentGrades, tuple[Mistake, ...]]:
    """The grades, and what is wrong with hazards.csv: then the levels are those of units.csv."""
    levels, mistakes = _levels(configured)
    return InherentGrades(nodes, levels), mistakes


def _levels(configured: Configured) -> tuple[dict[str, int], tuple[Mistake, ...]]:
    if FILE not in kept_files(configured.stored):
        return {}, ()
    with TemporaryDirectory(prefix="tocsin-hazards-") as folder:
        unpack_files(configured.stored, Path(folder) / "site")
        try:
            grades, _ = grade_site(Path(folder) / "site", configured.site)
        except InputError as error:
            return {}, tuple(error.mistakes)
    return {grade.unit: grade.level for grade in grades}, ()
