"""The engine's state as named columns: what a checkpoint holds, and what a change of rules carries over."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rules.conditions.stale import StaleGroup
from rules.engine.engine import Engine
from rules.engine.group import Group
from rules.engine.plan import Plan
from rules.engine.points import PointState
from rules.engine.several.group import SubjectGroup
from rules.engine.several.open_instant import dump_open, load_open

STATE_VERSION: Final = 8
"""Raise it whenever a column is added, dropped or means something else: an older checkpoint is then folded anew."""

State = dict[str, NDArray[Any] | str | int]


def dump_state(engine: Engine) -> State:
    """The whole state; arrays are the engine's own, so write them before it moves on."""
    state: State = {
        "clock_ms": -1 if engine.clock_ms is None else engine.clock_ms,
        "sources": "\n".join(engine.sources),
    }
    if engine.groups.stale is not None:
        state["stale.pending"] = "\n".join(f"{slot} {' '.join(p)}" for slot, p in engine.groups.stale.pending.items())
    ended = ("\x1f".join((rule, subject, str(at), side)) for (rule, subject, side), at in engine.ended_at.items())
    state["ended_at"] = "\n".join(ended)
    if engine.several is not None:
        state |= dump_open(engine.several)
    for name, owner, column in _columns(engine):
        state[name] = getattr(owner, column)
    for counter, values in engine.points.counters.items():
        state[f"points.counted.{counter}"] = values
    return state


def load_state(plan: Plan, state: State) -> Engine:
    """An engine that goes on from a state dumped under the same plan. ValueError if the state is of another shape."""
    engine = Engine(plan)
    clock, sources = state["clock_ms"], state["sources"]
    if not isinstance(clock, int) or not isinstance(sources, str):
        raise ValueError("the state has no clock or no sources")
    engine.clock_ms = None if clock < 0 else clock
    engine.sources = sources.split("\n") if sources else []
    for name, owner, column in _columns(engine):
        _copy(name, state, getattr(owner, column))
    for line in str(state.get("ended_at", "")).split("\n"):
        if not line:
            continue
        rule, subject, at, side = line.split("\x1f")
        engine.ended_at[rule, subject, side] = int(at)
    if engine.several is not None:
        load_open(engine.several, state)
    if engine.groups.stale is not None:
        for line in str(state.get("stale.pending", "")).splitlines():
            slot, *pending = line.split(" ")
            engine.groups.stale.pending[int(slot)] = tuple(pending)
    for counter, values in engine.points.counters.items():
        _copy(f"points.counted.{counter}", state, values)
    refresh(engine)
    return engine


def refresh(engine: Engine) -> None:
    """Recompute what is derived from the columns."""
    engine.points.some_skewed = bool(engine.points.skewed.any())
    engine.points.some_down = bool(engine.points.down.any())
    for group in engine.groups.usable:
        if group.bank.due.size:
            group.bank.next_due_ms = int(group.bank.due.min())
    if engine.groups.stale is not None:
        engine.groups.stale.refresh()
    if engine.several is not None:
        engine.several.refresh()


def slot_columns(group: Group | StaleGroup | SubjectGroup) -> Iterator[tuple[str, object, str]]:
    """(name, owner, attribute) of each column of a group whose last axis is slots."""
    if isinstance(group, StaleGroup):
        for column in group.side.COLUMNS:
            yield f"side..{column}", group.side, column
        return
    for column in group.bank.COLUMNS:
        yield f"bank.{column}", group.bank, column
    for side in group.bank.alarms.all_sides:
        for column in side.COLUMNS:
            yield f"side.{side.side}.{column}", side, column
    for column in group.COLUMNS:
        yield column, group, column
    panes = getattr(group, "panes", None)
    if panes is not None:
        for column in panes.COLUMNS:
            yield f"panes.{column}", panes, column


def _columns(engine: Engine) -> Iterator[tuple[str, object, str]]:
    for column in PointState.COLUMNS:
        yield f"points.{column}", engine.points, column
    if engine.groups.surroundings is not None:
        for column in engine.groups.surroundings.COLUMNS:
            yield f"surroundings.{column}", engine.groups.surroundings, column
    if engine.several is not None:
        for column in engine.several.standing.COLUMNS:
            yield f"several.{column}", engine.several.standing, column
        yield "several.points.known", engine.several.collector, "known"
        yield "several.points.silent", engine.several.collector, "silent"
    for group in engine.every_group():
        for name, owner, column in slot_columns(group):
            yield f"{group.name}.{name}", owner, column
        counter = None if isinstance(group, StaleGroup) else group.bank.counter
        if counter is not None:
            for column in counter.COLUMNS:
                yield f"{group.name}.counter.{column}", counter, column


def _copy(name: str, state: State, target: NDArray[Any]) -> None:
    source = state.get(name)
    if not isinstance(source, np.ndarray) or source.shape != target.shape or source.dtype != target.dtype:
        raise ValueError(f"the state's {name} is missing or of another shape")
    target[...] = source
