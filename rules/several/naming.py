"""Which rules name which: an order in which named ones come first, circles, and what is too deep."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

DEEPEST: Final = 16
"""Rules over several points that rest on one another; each level of them is a stage of its own in the engine."""

MOST_TOLD: Final = 20
"""Circles that are looked for: each is a search through the rules that are left."""


@dataclass(frozen=True, slots=True)
class Naming:
    """order: named rules first; circles: each from a rule back to itself; too_deep: (rule, the one it names)."""

    order: list[str]
    circles: list[list[str]]
    too_deep: list[tuple[str, str]]


def in_order(names: Mapping[str, Sequence[str]]) -> Naming:
    """`names` are the rules of the same mapping that each names. What is not in `order` can't be resolved."""
    naming: dict[str, list[str]] = {rule: [] for rule in names}
    missing = {rule: len(named) for rule, named in names.items()}
    for rule, named in names.items():
        for name in named:
            naming[name].append(rule)
    order, too_deep = [], []
    depth: dict[str, int] = {}
    ready = deque(rule for rule, count in missing.items() if not count)
    while ready:
        rule = ready.popleft()
        deepest = max(names[rule], key=lambda name: depth[name], default=None)
        depth[rule] = 0 if deepest is None else depth[deepest] + 1
        if depth[rule] < DEEPEST:
            order.append(rule)
        elif depth[rule] == DEEPEST and deepest is not None:
            # Those above this one are left out too, and not told.
            too_deep.append((rule, deepest))
        for above in naming[rule]:
            missing[above] -= 1
            if not missing[above]:
                ready.append(above)
    left = {rule: list(names[rule]) for rule in names if rule not in depth}
    return Naming(order, _circles(_within(left, naming), MOST_TOLD), too_deep)


def _within(left: dict[str, list[str]], naming: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Without the rules that only lead into a circle: those that none of the rest names."""
    count = {rule: sum(above in left for above in naming[rule]) for rule in left}
    ready = deque(rule for rule, above in count.items() if not above)
    while ready:
        for name in left.pop(ready.popleft()):
            if name in count and name in left:
                count[name] -= 1
                if not count[name]:
                    ready.append(name)
    return left


def _circles(left: Mapping[str, Sequence[str]], most: int) -> list[list[str]]:
    found: list[list[str]] = []
    for rule in left:
        if len(found) == most:
            break
        circle = _circle(rule, left)
        if circle is not None:
            found.append(circle)
    return found


def _circle(start: str, names: Mapping[str, Sequence[str]]) -> list[str] | None:
    """The shortest way from a rule back to itself, or None."""
    came_from: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        rule = waiting.popleft()
        for name in names[rule]:
            if name == start:
                way = [rule]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return [*way[::-1], start]
            if name not in came_from and name in names:
                came_from[name] = rule
                waiting.append(name)
    return None
