"""Reads a scenario file; every mistake at once, each with its line."""

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from pydantic import ValidationError

from plant.marked_yaml import MarkedYaml, MarkedYamlError, load_marked
from plant.mistakes import InputError, Mistake
from plant.site import Site
from plant.site_reader import read_site
from simulators.county import write_county
from simulators.made_fleet import made_site
from simulators.scenario import Scenario
from simulators.site_writer import write_site
from simulators.targets import impossible

COUNTY: Final = "county"
"""The demo county's name in `fleet: {site: county}`."""

_MAX_BYTES = 1_000_000


def packaged_scenarios() -> list[str]:
    """The names of the scenarios that come with the product."""
    folder = resources.files("simulators") / "scenarios"
    return sorted(f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml"))


def load_scenario(source: str | Path, site: Site) -> Scenario:
    """Read a scenario from a file, or by name one of those that come with the product, and check it against a site.

    Raises InputError with all mistakes (`file:line: column: what is wrong, what is allowed`).
    """
    return open_scenario(source, site)[1]


def open_scenario(source: str | Path, site: Site | None = None) -> tuple[Site, Scenario]:
    """The same with the site it plays on: the one given, else the scenario's own fleet. Raises InputError."""
    text, file, folder = _text_of(source)
    scenario, marked = _parsed(text, file)
    if site is None:
        site = _site_of(scenario, marked, file, folder)
    wrong = [
        ((part, i), message)
        for part, incidents in (("incidents", scenario.incidents), ("faults", scenario.faults))
        for i, incident in enumerate(incidents)
        for message in impossible(incident, site)
    ]
    if wrong:
        raise InputError(_mistake(file, marked, place, message) for place, message in wrong)
    return site, scenario


def write_own_site(source: str | Path, directory: Path) -> Path:
    """Write the site that a scenario brings, rules and all, into a new or empty folder; returns the site folder.

    That is the folder itself where the scenario names one, else `directory`. InputError: it brings none.
    """
    text, file, folder = _text_of(source)
    scenario, marked = _parsed(text, file)
    if scenario.fleet is not None and scenario.fleet.site is not None:
        if scenario.fleet.site != COUNTY:
            _site_of(scenario, marked, file, folder)
            return folder / scenario.fleet.site
        write_county(directory)
        return directory
    write_site(_site_of(scenario, marked, file, folder), directory)
    return directory


def describe_scenarios() -> Iterator[Scenario]:
    """Every scenario that comes with the product, in the order of names, not checked against a site."""
    for name in packaged_scenarios():
        text, file, _ = _text_of(name)
        yield _parsed(text, file)[0]


def _text_of(source: str | Path) -> tuple[str, str, Path]:
    """The text, the name for messages, and the folder that a fleet's site is relative to."""
    path = Path(source)
    if path.is_file():
        return _read(path), str(source), path.parent
    names = packaged_scenarios()
    if str(source) in names:
        text = (resources.files("simulators") / "scenarios" / f"{source}.yaml").read_text("utf-8")
        return text, f"{source}.yaml", Path()
    raise InputError([Mistake(str(source), 1, "", f"no such file; scenarios by name are {', '.join(names)}")])


def _site_of(scenario: Scenario, marked: MarkedYaml, file: str, folder: Path) -> Site:
    fleet = scenario.fleet
    if fleet is None:
        message = "brings no fleet of its own, so it needs a site (--site DIR), or the key fleet"
        raise InputError([Mistake(file, 1, "", message)])
    if fleet.site is None:
        return made_site(fleet)
    if fleet.site == COUNTY:
        with TemporaryDirectory() as made:
            write_county(Path(made))
            return read_site(Path(made))[0]
    place = folder / fleet.site
    if not place.is_dir():
        raise InputError([_mistake(file, marked, ("fleet", "site"), f"no such folder: {place}")])
    return read_site(place)[0]


def _read(path: Path) -> str:
    data = path.read_bytes()
    if len(data) > _MAX_BYTES:
        raise InputError([Mistake(str(path), 1, "", f"is {len(data)} bytes long, allowed are {_MAX_BYTES}")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError([Mistake(str(path), line, "", "is not UTF-8, save it as UTF-8")]) from None


def _parsed(text: str, file: str) -> tuple[Scenario, MarkedYaml]:
    try:
        marked = load_marked(text)
    except MarkedYamlError as error:
        raise InputError([Mistake(file, error.line, "", str(error))]) from None
    if not isinstance(marked.value, dict):
        keys = ", ".join(Scenario.model_fields)
        raise InputError([Mistake(file, marked.line_of(()), "", f"is not a mapping, allowed are the keys {keys}")])
    try:
        return Scenario.model_validate(marked.value), marked
    except ValidationError as error:
        found = [_mistake(file, marked, e["loc"], _message(e)) for e in error.errors(include_url=False)]
        raise InputError({(m.line, m.column): m for m in reversed(found)}.values()) from None


def _mistake(file: str, marked: MarkedYaml, place: tuple[int | str, ...], message: str) -> Mistake:
    """A mistake at a path of keys. Pydantic ends a path with the member of a union; the file knows no such key."""
    known = place
    while known and known not in marked.lines and known[:-1] in marked.lines and not _is_missing(message):
        known = known[:-1]
    column = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in known).removeprefix(".")
    return Mistake(file, marked.line_of(known), column, message)


def _is_missing(message: str) -> bool:
    return message == "is missing"


def _message(error: Any) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        return "unknown key"
    if kind == "missing":
        return "is missing"
    if kind == "string_pattern_mismatch":
        return f"{error['input']!r} does not match {error['ctx']['pattern']}"
    message = str(error["msg"]).removeprefix("Value error, ")
    scalar = kind != "value_error" and isinstance(error["input"], str | int | float)
    return f"{message}, not {error['input']!r}" if scalar else message
