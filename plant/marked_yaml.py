"""YAML with the line of everything in it, so that a mistake can name its place."""

from dataclasses import dataclass, field
from typing import Any, Final

import yaml

Path = tuple[str | int, ...]
"""Where a value stands: the keys and list positions that lead to it."""

DEEPEST: Final = 40
"""Levels of nesting; a file that somebody keeps by hand stays far below."""


@dataclass(frozen=True, slots=True)
class MarkedYaml:
    """The plain value of a document and the line (from 1) of each value in it, by path."""

    value: Any
    lines: dict[Path, int] = field(default_factory=dict)

    def line_of(self, path: Path) -> int:
        """The line of a value, or of the nearest thing around it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 1


class MarkedYamlError(ValueError):
    """The text is not YAML, or more of YAML than a settings file needs."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message)


def load_marked(text: str) -> MarkedYaml:
    """Read one YAML document of plain maps, lists and scalars. Raises MarkedYamlError.

    Aliases are refused: a few lines of them can stand for gigabytes. So are tags, doubled keys and deep nesting.
    """
    try:
        _refuse_what_is_not_plain(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise MarkedYamlError(_line(mark), f"is not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise MarkedYamlError(1, f"is not YAML: {' '.join(str(error).split())}") from None
    lines: dict[Path, int] = {}
    return MarkedYaml(None if node is None else _value(node, (), lines), lines)


def _refuse_what_is_not_plain(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = _line(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            raise MarkedYamlError(line, f"*{str(event.anchor)[:40]} is an alias, write the value itself")
        if isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None):
            raise MarkedYamlError(line, "a tag (!...), allowed are plain values")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise MarkedYamlError(line, f"nested more than {DEEPEST} levels deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _value(node: yaml.Node, path: Path, lines: dict[Path, int]) -> Any:
    lines.setdefault(path, _line(node.start_mark))
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, i), lines) for i, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return _scalar(node)
    mapping: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = _scalar(key_node) if isinstance(key_node, yaml.ScalarNode) else None
        line = _line(key_node.start_mark)
        if not isinstance(key, str | int):
            raise MarkedYamlError(line, "a key that is not a word")
        if key in mapping:
            raise MarkedYamlError(line, f"the key {str(key)[:40]!r} stands twice, first on line {lines[(*path, key)]}")
        lines[(*path, key)] = line
        mapping[key] = _value(value_node, (*path, key), lines)
    return mapping


def _line(mark: Any) -> int:
    return 1 if mark is None else int(mark.line) + 1


def _scalar(node: yaml.Node) -> Any:
    constructor = yaml.constructor.SafeConstructor()
    try:
        return constructor.construct_object(node)
    except (ValueError, OverflowError, yaml.YAMLError):
        # Such as the date 2025-02-30, or a whole number of more digits than Python converts.
        raise MarkedYamlError(
            _line(node.start_mark), f"{str(node.value)[:40]!r} can't be read, put it in quotes"
        ) from None
