"""A rule file's text as maps and lists that know their lines. Fast: ten thousand rules are a few megabytes."""

import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn

import yaml

from plant.mistakes import Mistake

DEEPEST: Final = 20
"""Levels of nesting; a rule needs five."""

LARGEST_CHARACTERS: Final = 64_000_000

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"([-+]?)\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Map(dict[str, Any]):
    """A mapping; `lines` has the line (from 1) of each key."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


class Items(list[Any]):
    """A list; `lines` has the line (from 1) of each item."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


class _StopError(Exception):
    """The rest of the file can't be read."""


def parse_rule_yaml(text: str, file: str, mistakes: list[Mistake]) -> Any:
    """The value of the one YAML document (None for an empty one), or None when mistakes were added.

    Plain words are read by YAML 1.2's core schema: only true and false are booleans, so a level may be called `on`,
    and only decimal numbers are numbers. Keys are text as written. Aliases and tags are refused, doubled keys are
    mistakes.
    """
    if len(text) > LARGEST_CHARACTERS:
        mistakes.append(Mistake(file, 1, "", f"{len(text)} characters, allowed are at most {LARGEST_CHARACTERS}"))
        return None
    before = len(mistakes)
    try:
        value = _Builder(text, file, mistakes).document()
    except _StopError:
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        mistakes.append(Mistake(file, line, "", _syntax(text, line, error.problem or error.context)))
        return None
    except yaml.YAMLError as error:
        mistakes.append(Mistake(file, _unprintable_line(text), "", f"is not YAML: {' '.join(str(error).split())}"))
        return None
    return value if len(mistakes) == before else None


class _Builder:
    def __init__(self, text: str, file: str, mistakes: list[Mistake]) -> None:
        self._events: Iterator[Any] = yaml.parse(text, Loader=_PARSER)
        self._file = file
        self._mistakes = mistakes

    def document(self) -> Any:
        value, documents = None, 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._stop(event, "a second document, allowed is one")
                value = self._value(next(self._events), 0)
        return value

    def _value(self, event: Any, depth: int) -> Any:
        if depth > DEEPEST:
            self._stop(event, f"nested more than {DEEPEST} levels deep")
        if isinstance(event, yaml.AliasEvent):
            self._stop(event, f"*{str(event.anchor)[:40]} is an alias, write the value itself")
        if event.tag is not None and event.tag != "!":
            self._stop(event, "a tag (!...), allowed are plain values")
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event.value) if event.implicit[0] else event.value
        if isinstance(event, yaml.SequenceStartEvent):
            items = Items(_line(event))
            while not isinstance(item := next(self._events), yaml.SequenceEndEvent):
                items.lines.append(_line(item))
                items.append(self._value(item, depth + 1))
            return items
        return self._map(event, depth)

    def _map(self, event: Any, depth: int) -> Map:
        mapping = Map(_line(event))
        while not isinstance(key := next(self._events), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                self._stop(key, "a key that is not a word")
            name, line = key.value, _line(key)
            value = self._value(next(self._events), depth + 1)
            if name in mapping:
                message = f"this key stands twice, first on line {mapping.lines[name]}"
                self._mistakes.append(Mistake(self._file, line, name[:40], message))
                continue
            mapping[name] = value
            mapping.lines[name] = line
        return mapping

    def _stop(self, event: Any, message: str) -> NoReturn:
        self._mistakes.append(Mistake(self._file, _line(event), "", message))
        raise _StopError


def _scalar(text: str) -> Any:
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    if found := _NOT_FINITE.fullmatch(text):
        return float("nan") if found[3] else float(f"{found[1]}inf")
    return text


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _syntax(text: str, line: int, problem: str | None) -> str:
    lines = text.splitlines()
    here = lines[line - 1] if line <= len(lines) else ""
    if "\t" in here[: len(here) - len(here.lstrip())]:
        return "is not YAML: a tab, allowed are spaces to indent"
    return f"is not YAML: {problem}"


def _unprintable_line(text: str) -> int:
    found = yaml.reader.Reader.NON_PRINTABLE.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else 1
