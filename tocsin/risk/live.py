"""Last values of points, out of the running service."""

from collections.abc import Callable, Iterable
from math import isfinite

from plant.quality import QUALITY_MASK, Quality
from tocsin.runtime.control import Answer, NotRunningError, ValuesRequest
from tocsin.runtime.core import Core

_AT_ONCE = 500
"""Points in one request: a request is one line of limited length."""


def values_of(core: Core, points: Iterable[str]) -> dict[str, float]:
    """The last value of each point that has a number which is not bad. From any thread; nothing waits for it."""
    state, numbers = core.fold.engine.points, core.registry.registry.numbers
    found: dict[str, float] = {}
    for point in points:
        number = numbers.get(point, -1)
        if not 0 <= number < len(state.last_value):
            continue
        value, quality = float(state.last_value[number]), int(state.last_quality[number]) & QUALITY_MASK
        if isfinite(value) and quality != Quality.BAD:
            found[point] = value
    return found


def ask_values(ask: Callable[[ValuesRequest], Answer], points: Iterable[str]) -> dict[str, float] | None:
    """The same from the service that `ask` asks; None where none runs."""
    wanted = tuple(points)
    found: dict[str, float] = {}
    try:
        for start in range(0, max(len(wanted), 1), _AT_ONCE):
            found |= ask(ValuesRequest(wanted[start : start + _AT_ONCE])).values or {}
    except NotRunningError:
        return None
    return found
