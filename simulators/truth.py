"""What really happened, and when: the yardstick for rules."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.occurrences import Occurrence
from simulators.simulation import Simulation

_GRID_S = 0.1


@dataclass(frozen=True, slots=True)
class Truth:
    """One incident at one point. Times are ms since the epoch; values are in the point's unit; noise is left out."""

    incident: str
    kind: str
    enterprise: str
    unit: str
    point: str
    sort: str
    """`process`: something is wrong in the plant. `instrument`: only the sensor lies."""
    started_at: int
    ended_at: int
    danger: float | None
    """The value from which a rule should speak (oxygen: below it)."""
    danger_at: int | None
    """When the process first reached `danger`; None: it never did."""
    speak_at: int | None
    """When the readings first show it, the detector's lag included: a good rule speaks then plus its own delay."""
    safe_at: int | None
    """When the readings last leave `danger`; None: not within the scenario, or never reached."""
    peak: float | None
    """The worst value that the sensor is shown."""
    speak_by: int | None = None
    """When a good rule has spoken at the latest: `speak_at` plus the scenario's `within_s`; None: not said."""
    say: str | None = None
    """What a good rule says: `alarm`, `instrument` or `nothing`."""
    severity: str | None = None
    """The least severity that the danger is worth; None: not said."""
    words: str = ""
    """What the scenario says about it, for people."""


def truth_of(simulation: Simulation) -> Iterator[Truth]:
    """The truth of every occurrence, in order of start."""
    for o in sorted(simulation.occurrences, key=lambda o: (o.at_s, o.incident, o.point.point)):
        yield _process(simulation, o) if o.effect is not None else _instrument(simulation, o)


def _ms(simulation: Simulation, t_s: float) -> int:
    return simulation.scenario.start_ms + round(t_s * 1000)


def _truth(simulation: Simulation, o: Occurrence, sort: str, **facts: float | int | None) -> Truth:
    end_s = min(o.end_s, simulation.scenario.duration_s)
    expect, speak_at = o.expect, facts["speak_at"]
    within_s = expect.within_s if expect is not None else None
    usual = "instrument" if sort == "instrument" else "alarm"
    say = expect.say if expect is not None else usual
    if speak_at is None and say == usual:
        say = "nothing"  # what never reaches the danger, or never shows, is not to be spoken of
    return Truth(
        incident=o.incident,
        kind=o.kind,
        enterprise=o.point.enterprise,
        unit=o.point.unit,
        point=o.point.point,
        sort=sort,
        started_at=_ms(simulation, o.at_s),
        ended_at=_ms(simulation, end_s),
        speak_by=None if within_s is None or speak_at is None else round(speak_at + 1000 * within_s),
        say=say,
        severity=expect.severity if expect is not None else None,
        words=expect.words if expect is not None else "",
        **facts,  # type: ignore[arg-type]
    )


def _process(simulation: Simulation, o: Occurrence) -> Truth:
    assert o.effect is not None  # noqa: S101 - the caller has looked
    stop_s = min(o.over_s, simulation.scenario.duration_s)
    t_s = np.arange(o.at_s, stop_s + 2 * _GRID_S, _GRID_S)
    clean = simulation.undisturbed(o.point.point, t_s)
    really, seen = o.effect.process(t_s, clean), o.effect.seen(t_s, clean)
    low = o.low
    speak_s, safe_s = _crossings(t_s, seen, o.danger, low)
    danger_s, _ = _crossings(t_s, really, o.danger, low)
    return _truth(
        simulation,
        o,
        "process",
        danger=o.danger,
        danger_at=None if danger_s is None else _ms(simulation, danger_s),
        speak_at=None if speak_s is None else _ms(simulation, speak_s),
        safe_at=None if safe_s is None else _ms(simulation, safe_s),
        peak=round(float(seen.min() if low else seen.max()), 3),
    )


def _instrument(simulation: Simulation, o: Occurrence) -> Truth:
    """A silent sensor shows after three periods, one off the scale at once; others when the scenario says so."""
    after_s = o.speak_after_s
    if after_s is None and o.kind in ("dropout", "over_range"):
        after_s = 3.0 * o.point.period_s if o.kind == "dropout" else 0.0
    speaks = after_s is not None and o.at_s + after_s < min(o.end_s, simulation.scenario.duration_s)
    return _truth(
        simulation,
        o,
        "instrument",
        danger=None,
        danger_at=None,
        speak_at=_ms(simulation, o.at_s + after_s) if speaks and after_s is not None else None,
        safe_at=None,
        peak=o.fault.amount if o.fault and o.kind in ("stuck", "over_range") else None,
    )


def _crossings(
    t_s: NDArray[np.float64], value: NDArray[np.float64], danger: float | None, low: bool
) -> tuple[float | None, float | None]:
    """First instant at or beyond `danger`, and the first after the last such one."""
    if danger is None:
        return None, None
    beyond = np.flatnonzero(value <= danger if low else value >= danger)
    if not len(beyond):
        return None, None
    after = int(beyond[-1]) + 1
    return float(t_s[beyond[0]]), float(t_s[after]) if after < len(t_s) else None
