"""A machine's table as a Mermaid diagram and as a table of what it refuses, for the docs (pure)."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TypeVar

S = TypeVar("S", bound=StrEnum)
I = TypeVar("I", bound=StrEnum)  # noqa: E741 - an input, as S is a state


def drawn(table: Mapping[S, Mapping[I, S | str]], start: S, is_shown: Callable[[S, I, S], bool]) -> str:
    """A Mermaid `stateDiagram-v2`; inputs between the same two states share an arrow.

    `is_shown` says whether (state, input, next state) is drawn. Inputs come in the order of their enumeration.
    """
    lines = ["stateDiagram-v2"]
    for source, row in table.items():
        arrows: dict[S, list[str]] = {}
        for given, target in _in_order(row):
            if isinstance(target, type(source)) and is_shown(source, given, target):
                arrows.setdefault(target, []).append(given)
        name = "[*]" if source is start else source
        lines += [f"    {name} --> {target}: {', '.join(inputs)}" for target, inputs in arrows.items()]
    return "\n".join(lines)


def refused(table: Mapping[S, Mapping[I, S | str]]) -> str:
    """A Markdown table of every input that a state refuses, and why."""
    lines = ["| state | refused | because |", "|---|---|---|"]
    for state, row in table.items():
        reasons: dict[str, list[str]] = {}
        for given, outcome in _in_order(row):
            if not isinstance(outcome, type(state)):
                reasons.setdefault(outcome, []).append(given)
        lines += [f"| {state} | {', '.join(inputs)} | {reason} |" for reason, inputs in reasons.items()]
    return "\n".join(lines)


def _in_order(row: Mapping[I, S | str]) -> list[tuple[I, S | str]]:
    kind = type(next(iter(row)))
    return [(given, row[given]) for given in kind]
