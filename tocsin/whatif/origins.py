"""Where each value of a rule comes from: its file, the pack whose place it takes, a point's cell, a default."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from plant.mistakes import InputError, Mistake
from plant.site import Point, Site
from rules.levels import takes_cells
from rules.loader.replacing import replace_pack_rules
from rules.loader.rule_files import PlacedRule, read_own_rules, read_pack_rules
from rules.subjects import SubjectIndex
from tocsin.whatif.rule_changes import effective_values

_INHERITED = ("ceiling", "never_suppress", "source", "unit_symbols")
_CELLS = ("ll", "l", "h", "hh", "deadband")


@dataclass(frozen=True, slots=True)
class Value:
    """A value at a dotted path of keys, and where it stands."""

    path: str
    value: object
    origin: str


def placed_rule(directory: Path, site: Site, rule_id: str) -> tuple[PlacedRule, PlacedRule | None]:
    """(the rule in force, the pack's rule in whose place it stands). InputError where there is no such rule."""
    mistakes: list[Mistake] = []
    packs, own = read_pack_rules(directory, site, mistakes), read_own_rules(directory, mistakes)
    for placed in replace_pack_rules(packs, own, SubjectIndex(site), mistakes):
        if placed.rule.id == rule_id:
            base = next((p for p in packs if p.rule.id == rule_id and p.file != placed.file), None)
            return placed, base
    known = ", ".join(sorted(p.rule.id for p in [*packs, *own])[:20])
    raise InputError([Mistake(str(directory), 1, "", f"there is no rule {rule_id!r}, some of the rules: {known}")])


def values_of(placed: PlacedRule, base: PlacedRule | None, point: Point | None) -> Iterator[Value]:
    """Every value of a rule, on a point where one is given."""
    rule = placed.rule
    for path, value in effective_values(rule).items():
        steps = path.split(".")
        cell = getattr(point, steps[-1]) if point is not None and _takes_cell(placed, steps) else None
        if cell is not None and point is not None:
            yield Value(path, cell, f"points.csv:{point.line}, cell {steps[-1]}")
        else:
            yield Value(path, value, _origin(placed, base, steps))


def _takes_cell(placed: PlacedRule, steps: list[str]) -> bool:
    return takes_cells(placed.rule) and steps[:2] == ["condition", "limit"] and steps[-1] in _CELLS


def _origin(placed: PlacedRule, base: PlacedRule | None, steps: list[str]) -> str:
    written = _written(placed, steps)
    if written is not None:
        return written
    if base is not None and steps[0] in _INHERITED:
        inherited = _written(base, steps)
        if inherited is not None:
            return inherited
    return "default"


def _written(placed: PlacedRule, steps: list[str]) -> str | None:
    """`file:line` of the deepest key of a path that stands in the file; None where the first does not."""
    if steps[0] not in placed.node:
        return None
    node, line = placed.node, placed.node.lines[steps[0]]
    if steps == ["condition"]:
        return f"{placed.file}:{line}"
    for depth, step in enumerate(steps):
        if not isinstance(node, dict) or step not in node:
            # A delay or severity written once for all levels; else a parameter left out.
            return f"{placed.file}:{line}" if depth and not isinstance(node, dict) else None
        line = node.lines[step]
        node = node[step]
    return f"{placed.file}:{line}"
