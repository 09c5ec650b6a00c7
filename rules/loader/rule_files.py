"""Rule files and packs, read one rule at a time, each remembered with its place."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from plant.marked_yaml import MarkedYamlError, load_marked
from plant.mistakes import Mistake
from plant.site import Site
from plant.site_reader.text import read_text
from rules.loader.packs import DEFAULT_PACKS, pack_names, pack_text
from rules.loader.rule_yaml import Items, Map, parse_rule_yaml
from rules.loader.schema_mistakes import line_of, validate_rule
from rules.schema import Rule


@dataclass(frozen=True, slots=True)
class PlacedRule:
    """A rule and where it stands."""

    rule: Rule
    file: str
    node: Map
    of_pack: bool

    def mistake(self, path: str, message: str, *, warning: bool = False) -> Mistake:
        """A mistake at the dotted path of keys within the rule."""
        return self.mistake_at(tuple(path.split(".")), message, warning=warning)

    def mistake_at(self, path: tuple[str | int, ...], message: str, *, warning: bool = False) -> Mistake:
        """The same for a path of keys and list positions."""
        column = ".".join(str(step) for step in path)
        return Mistake(self.file, line_of(self.node, path), column, message, "warning" if warning else "error")

    @property
    def place(self) -> str:
        """`file:line` of its id."""
        return f"{self.file}:{line_of(self.node, ('id',))}"


def read_own_rules(directory: Path, mistakes: list[Mistake]) -> list[PlacedRule]:
    """The rules in rules/*.yaml of a site folder, ids unique; mistakes are added."""
    folder = directory / "rules"
    if not folder.exists():
        return []
    if not folder.is_dir():
        mistakes.append(Mistake("rules", 1, "", "is not a folder"))
        return []
    rules: list[PlacedRule] = []
    for path in sorted(folder.iterdir()):
        file = f"rules/{path.name}"
        if path.suffix != ".yaml" or not path.is_file():
            if not path.name.startswith("."):
                mistakes.append(Mistake(file, 1, "", "this file is not read, allowed are rules/*.yaml", "warning"))
            continue
        text = read_text(path, file, mistakes)
        if text is not None:
            rules += rules_of_text(text, file, mistakes, of_pack=False)
    return _with_unique_ids(rules, mistakes)


def read_pack_rules(directory: Path, site: Site, mistakes: list[Mistake]) -> list[PlacedRule]:
    """The rules of the packs that the site switches on; a pack that does not exist is a mistake in site.yaml."""
    rules: list[PlacedRule] = []
    for position, name in enumerate(DEFAULT_PACKS if site.packs is None else site.packs):
        if name not in pack_names():
            near = get_close_matches(name[:40], pack_names(), n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            message = f"there is no pack {name[:40]!r}, allowed are {', '.join(pack_names())}{hint}"
            mistakes.append(Mistake("site.yaml", _line_of_pack(directory, position), "packs", message))
        else:
            rules += rules_of_text(pack_text(name), f"pack {name}", mistakes, of_pack=True)
    return _with_unique_ids(rules, mistakes)


def rules_of_text(text: str, file: str, mistakes: list[Mistake], *, of_pack: bool) -> list[PlacedRule]:
    """The rules of one file that can be read; mistakes are added for the others."""
    before = len(mistakes)
    document = parse_rule_yaml(text, file, mistakes)
    if len(mistakes) > before:
        return []
    if not isinstance(document, Map):
        what = "is empty" if document is None else "is not a map"
        mistakes.append(Mistake(file, 1, "", f"{what}, needed is rules: with a list of rules"))
        return []
    for key in document:
        if key != "rules":
            mistakes.append(Mistake(file, document.lines[key], key[:40], "unknown key, allowed are rules"))
    nodes = document.get("rules")
    if not isinstance(nodes, Items):
        line = document.lines.get("rules", 1)
        mistakes.append(Mistake(file, line, "rules", "needed is a list of rules, each beginning with - id:"))
        return []
    rules: list[PlacedRule] = []
    for node, line in zip(nodes, nodes.lines, strict=True):
        rule = validate_rule(node, line, file, mistakes)
        if rule is not None:
            rules.append(PlacedRule(rule, file, node, of_pack))
    return rules


def _with_unique_ids(rules: list[PlacedRule], mistakes: list[Mistake]) -> list[PlacedRule]:
    first: dict[str, PlacedRule] = {}
    for placed in rules:
        earlier = first.setdefault(placed.rule.id, placed)
        if earlier is not placed:
            message = f"{placed.rule.id} stands twice, first at {earlier.place}; ids are unique in the site"
            mistakes.append(placed.mistake("id", message))
    return list(first.values())


def _line_of_pack(directory: Path, position: int) -> int:
    try:
        text = read_text(directory / "site.yaml", "site.yaml", [])
        return 1 if text is None else load_marked(text).line_of(("packs", position))
    except MarkedYamlError:
        return 1
