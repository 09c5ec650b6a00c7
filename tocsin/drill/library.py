"""Which scenarios a drill plays, and on which site."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from plant.mistakes import InputError, Mistake
from simulators import Scenario, load_scenario, open_scenario, packaged_scenarios, write_county, write_site
from simulators.reader import COUNTY
from tocsin.configuration import Configured, read_configuration
from tocsin.drill.ground import Ground

FOR_THE_EYE: Final = frozenset({"county-demo"})
"""Scenarios of the product that are made to be looked at, not to be scored."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A scenario and the folder of the site that it happens in. Small: it goes to other processes."""

    source: str
    folder: Path
    name: str
    description: str
    duration_s: float
    seed: int

    def configured(self) -> Configured:
        """The site with its rules; read once in each process."""
        return _configured(self.folder)

    def ground(self) -> Ground:
        return _ground(self.folder)

    def scenario(self) -> Scenario:
        return load_scenario(self.source, self.configured().site)


@dataclass(frozen=True, slots=True)
class Programme:
    """What is played, and what of the library does not fit the site."""

    stages: tuple[Stage, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    """(scenario, why)."""


def programme(sources: Sequence[str], site: Path | None, workplace: Path) -> Programme:
    """The named scenarios, or all that come with the product, on `site`, or (None) each on the fleet that it brings.

    `workplace` is an empty folder that outlives the drill. InputError: the site or a named scenario is wrong, or
    nothing of the library fits.
    """
    # What an earlier drill read may have been edited since.
    _configured.cache_clear()
    _ground.cache_clear()
    if site is not None:
        _configured(site)
    if sources:
        return Programme(tuple(_stage(source, site, workplace) for source in sources))
    stages: list[Stage] = []
    left_out: list[tuple[str, str]] = []
    wrong: list[Mistake] = []
    for name in packaged_scenarios():
        if name in FOR_THE_EYE:
            continue
        try:
            stages.append(_stage(name, site, workplace))
        except InputError as error:
            wrong += error.mistakes
            left_out.append((name, "; ".join(m.message for m in error.mistakes)))
    if not stages:
        raise InputError(wrong)
    return Programme(tuple(stages), tuple(left_out))


def _stage(source: str, site: Path | None, workplace: Path) -> Stage:
    folder = site if site is not None else _own_site(source, workplace)
    scenario = load_scenario(source, _configured(folder).site)
    return Stage(source, folder, scenario.name, scenario.description, scenario.duration_s, scenario.seed)


def _own_site(source: str, workplace: Path) -> Path:
    """The folder of the site that a scenario brings; a made-up one is written, and has the packs for its kinds."""
    plant, scenario = open_scenario(source)
    named = scenario.fleet.site if scenario.fleet is not None else None
    if named == COUNTY:
        folder = workplace / COUNTY
        if not folder.exists():
            write_county(folder)
        return folder
    if named is not None:
        return (Path(source).parent / named).resolve()
    folder = workplace / f"site-{len(list(workplace.iterdir()))}"
    write_site(plant, folder)
    return folder


@cache
def _configured(folder: Path) -> Configured:
    return read_configuration(folder)


@cache
def _ground(folder: Path) -> Ground:
    configured = _configured(folder)
    return Ground(configured.site, configured.rules)
