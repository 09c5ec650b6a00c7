"""Reads a rule-test file: its site, its rules and its tests, or all that is wrong with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from plant.mistakes import InputError, Mistake
from plant.site import Site
from plant.site_reader import read_site
from plant.site_reader.text import read_text
from rules.loader import pack_names, read_rules
from rules.loader.packs import pack_text
from rules.loader.reader import settle_rules
from rules.loader.rule_files import PlacedRule, rules_of_text
from rules.loader.rule_yaml import Items, Map, parse_rule_yaml
from rules.loader.schema_mistakes import line_of, validate_map
from rules.schema import Rule
from rules.trial.feed import readings_of
from rules.trial.own_site import own_site
from rules.trial.runner import Trial
from rules.trial.schema import FileForm, TrialForm, Unwanted, Wanted

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class TrialFile:
    """Tests with the site and the rules that they run on."""

    site: Site
    rules: tuple[Rule, ...]
    tests: tuple[Trial, ...]
    start_ms: int


def read_trials(path: Path) -> TrialFile:
    """Read and check a file of tests. InputError with every mistake found, each with its file and line."""
    mistakes: list[Mistake] = []
    file = str(path)
    text = read_text(path, file, mistakes)
    document = None if text is None else parse_rule_yaml(text, file, mistakes)
    if document is None or not isinstance(document, Map):
        raise InputError(mistakes or [Mistake(file, 1, "", "needed is a map with tests:")])
    form = validate_map(FileForm, document, file, mistakes)
    if form is None:
        raise InputError(mistakes)
    site = _site(form, path, document, file, mistakes)
    rules = None if site is None else _rules(form, path, site, document, mistakes)
    tests = list(_tests(document, file, mistakes))
    if site is not None and rules is not None:
        for trial, node in tests:
            mistakes += _against_site(trial, node, site, rules)
    wrong = [mistake for mistake in mistakes if mistake.level == "error"]
    if wrong or site is None or rules is None:
        raise InputError(wrong)
    start_ms = (form.start - _EPOCH) // _MILLISECOND
    return TrialFile(site, tuple(rules), tuple(trial for trial, _ in tests), start_ms)


def _tests(document: Map, file: str, mistakes: list[Mistake]) -> Iterator[tuple[Trial, Map]]:
    nodes = document["tests"]
    lines = nodes.lines if isinstance(nodes, Items) else []
    for node, line in zip(nodes, lines, strict=False):
        if not isinstance(node, Map):
            mistakes.append(Mistake(file, line, "tests", "needed is a map with name, given and expect"))
            continue
        form = validate_map(TrialForm, node, file, mistakes)
        if form is not None:
            yield Trial(form, file, line), node


def _site(form: FileForm, path: Path, document: Map, file: str, mistakes: list[Mistake]) -> Site | None:
    if form.points is not None:
        return own_site(form, form.points)
    folder = path.parent / (form.site or "")
    if not folder.is_dir():
        mistakes.append(Mistake(file, line_of(document, ("site",)), "site", f"{folder} is no folder"))
        return None
    try:
        return read_site(folder)[0]
    except InputError as error:
        mistakes += _within(folder, error.mistakes)
        return None


def _rules(form: FileForm, path: Path, site: Site, document: Map, mistakes: list[Mistake]) -> list[Rule] | None:
    if form.packs is None and form.rules is None:
        folder = path.parent / (form.site or "")
        try:
            return read_rules(folder, site)[0]
        except InputError as error:
            mistakes += _within(folder, error.mistakes)
            return None
    packs: list[PlacedRule] = []
    for i, name in enumerate(form.packs or ()):
        if name in pack_names():
            packs += rules_of_text(pack_text(name), f"pack {name}", mistakes, of_pack=True)
        else:
            message = f"there is no pack {name!r}, allowed are {', '.join(pack_names())}"
            mistakes.append(Mistake(str(path), line_of(document, ("packs", i)), "packs", message))
    own: list[PlacedRule] = []
    for name in form.rules or ():
        text = read_text(path.parent / name, str(path.parent / name), mistakes)
        if text is not None:
            own += rules_of_text(text, str(path.parent / name), mistakes, of_pack=False)
    twice: dict[str, PlacedRule] = {}
    for placed in own:
        earlier = twice.setdefault(placed.rule.id, placed)
        if earlier is not placed:
            mistakes.append(placed.mistake("id", f"{placed.rule.id} stands twice, first at {earlier.place}"))
    return settle_rules(packs, list(twice.values()), site, mistakes)


def _within(folder: Path, mistakes: list[Mistake]) -> list[Mistake]:
    return [m if m.file.startswith(str(folder)) else replace(m, file=f"{folder}/{m.file}") for m in mistakes]


def _against_site(trial: Trial, node: Any, site: Site, rules: list[Rule]) -> Iterator[Mistake]:
    """Points and rules that a test names and that are not there; levels that no rule has."""

    def mistake(path: tuple[str | int, ...], message: str) -> Mistake:
        return Mistake(trial.file, line_of(node, path), ".".join(map(str, path)), message)

    unknown = False
    for i, step in enumerate(trial.form.given):
        for name in step.point or ():
            if name not in site.points:
                unknown = True
                yield mistake(("given", i, "point"), f"there is no point {name!r} in the site of these tests")
    by_id = {rule.id: rule for rule in rules}
    named: dict[str, Sequence[Wanted | Unwanted]] = {"expect": trial.form.expect or (), "none": trial.form.none}
    for key, patterns in named.items():
        for i, pattern in enumerate(patterns):
            rule = None if pattern.rule is None else by_id.get(pattern.rule)
            if pattern.rule is not None and rule is None:
                allowed = ", ".join(sorted(by_id)[:20])
                yield mistake(
                    (key, i, "rule"), f"there is no rule {pattern.rule!r} in these tests, allowed are {allowed}"
                )
            elif rule is not None and not rule.enabled:
                yield mistake((key, i, "rule"), f"the rule {pattern.rule!r} is switched off")
            elif rule is not None and pattern.level is not None and pattern.level not in (*rule.levels, "on"):
                yield mistake(
                    (key, i, "level"), f"{rule.id} has no level {pattern.level}, allowed are {', '.join(rule.levels)}"
                )
    if not unknown:
        try:
            readings_of(trial.form.given, site.points)
        except ValueError as error:
            yield mistake(("given",), str(error))
