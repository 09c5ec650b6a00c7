"""The state of an instant that is not closed yet, for a checkpoint that falls into it."""

from dataclasses import fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rules.engine.several.happenings import Columns, LevelChanges, PointReadings, SourceChanges
from rules.engine.several.stage import Stage

_KINDS: Final[dict[str, type[Columns]]] = {
    "readings": PointReadings,
    "sources": SourceChanges,
    "levels": LevelChanges,
}


def dump_open(stage: Stage) -> dict[str, NDArray[Any] | str | int]:
    """Columns of any length."""
    state: dict[str, NDArray[Any] | str | int] = {
        "several.open.times": np.array(stage.times, dtype=np.int64),
        "several.open.run": np.array([stage.collector.run]),
    }
    for kind, parts in _parts(stage).items():
        if parts:
            whole = type(parts[0]).joined(parts)
            state |= {f"several.open.{kind}.{f.name}": getattr(whole, f.name) for f in fields(whole)}
    return state


def load_open(stage: Stage, state: dict[str, NDArray[Any] | str | int]) -> None:
    """ValueError if a column is missing."""
    stage.times = _column(state, "times").tolist()
    stage.collector.run = int(_column(state, "run")[0])
    for kind, parts in _parts(stage).items():
        names = [f"{kind}.{f.name}" for f in fields(_KINDS[kind])]  # type: ignore[arg-type]
        if f"several.open.{names[0]}" in state:
            parts.append(_KINDS[kind](*(_column(state, name) for name in names)))


def _parts(stage: Stage) -> dict[str, list[Any]]:
    return {"readings": stage.collector.readings, "sources": stage.collector.sources, "levels": stage.noted}


def _column(state: dict[str, NDArray[Any] | str | int], name: str) -> NDArray[Any]:
    found = state.get(f"several.open.{name}")
    if not isinstance(found, np.ndarray):
        raise ValueError(f"the state's several.open.{name} is missing")
    return found.copy()
