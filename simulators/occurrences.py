"""Incidents made concrete: every occurrence on every point that it hits, with its formula and its figures."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from plant.site import Point, Site
from simulators.dust import BagBlinding, Heating, Spark
from simulators.faults import Fault
from simulators.gas import Leak, t90_of
from simulators.noise import keys_of, uniform
from simulators.scenario import Incident, Scenario
from simulators.tank import Overfill
from simulators.targets import danger_of, magnitude_of, pool, targets

ValueAt = Callable[[str, float], float]
"""What a point shows at a second after the start, as far as is known by then."""

FAULTS = frozenset({"dropout", "stuck", "over_range"})
"""Incidents of the sensor, not of the process."""

_AFTERGLOW = 12.0
"""A first-order decay is over after so many time constants: exp(-12) of the peak is left, far below any resolution."""

_VARY = 0.15
"""A repeated incident's magnitude varies by up to this fraction."""


class Effect(Protocol):
    """How an incident changes a point's noise-free value."""

    def process(self, t_s: NDArray[np.float64], clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """What really is."""

    def seen(self, t_s: NDArray[np.float64], clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the sensor shows of it."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One incident on one point. Times in seconds after the start."""

    incident: str
    kind: str
    point: Point
    at_s: float
    end_s: float
    over_s: float
    """When nothing is left of it."""
    danger: float | None
    speak_after_s: float | None
    effect: Effect | None
    fault: Fault | None


def occurrences(scenario: Scenario, site: Site, seed: int, value_at: ValueAt) -> Iterator[Occurrence]:
    """All occurrences of a scenario on a site, the process before the sensors: a stuck sensor holds what it showed."""
    numbered = sorted(enumerate(scenario.incidents, start=1), key=lambda item: item[1].kind in FAULTS)
    for number, incident in numbered:
        among = pool(incident, site)
        name = incident.name or f"{incident.kind}-{number}"
        keys = keys_of(seed, [f"incident {name}"])
        for n, at_s in enumerate(_starts(incident, scenario.duration_s)):
            hit = targets(incident, among, n)
            factor = 1.0 + _VARY * (2.0 * float(uniform(keys, n)[0]) - 1.0) if n else 1.0
            label = f"{name}.{n + 1}" if incident.every_s else name
            for rank, point in enumerate(hit):
                yield _occurrence(incident, label, point, at_s, factor * _share(rank), value_at)


def _starts(incident: Incident, duration_s: float) -> Iterator[float]:
    at_s = incident.at_s
    while at_s < duration_s:
        yield at_s
        if incident.every_s is None:
            return
        at_s += incident.every_s


def _share(rank: int) -> float:
    """The part of the magnitude that the unit's rank-th point gets: a detector further off sees less."""
    return 0.6**rank


def _occurrence(
    incident: Incident, name: str, point: Point, at_s: float, factor: float, value_at: ValueAt
) -> Occurrence:
    end_s = at_s + incident.for_s
    magnitude = magnitude_of(incident, point)
    effect: Effect | None = None
    fault: Fault | None = None
    over_s = end_s
    if incident.kind == "dropout":
        fault = Fault(at_s, incident.for_s, None)
    elif incident.kind == "stuck":
        fault = Fault(at_s, incident.for_s, value_at(point.point, at_s))
    elif incident.kind == "over_range":
        fault = Fault(at_s, incident.for_s, magnitude)
    else:
        assert magnitude is not None  # noqa: S101 - the model demands it for these kinds
        effect, tail_s = _effect(incident, point, at_s, magnitude, factor, value_at)
        over_s += tail_s
    danger = danger_of(incident, point) if effect is not None else None
    return Occurrence(name, incident.kind, point, at_s, end_s, over_s, danger, incident.speak_after_s, effect, fault)


def _effect(
    incident: Incident, point: Point, at_s: float, magnitude: float, factor: float, value_at: ValueAt
) -> tuple[Effect, float]:
    """The formula and how long it goes on after the end. `magnitude` is the peak; the base value counts in."""
    base = value_at(point.point, at_s)
    rise = (magnitude - base) * factor
    for_s = incident.for_s
    if incident.kind == "leak":
        tau_s, t90_s = incident.rise_s or 20.0, t90_of(point)
        return Leak(at_s, for_s, rise, tau_s, t90_s), _AFTERGLOW * (tau_s + t90_s)
    if incident.kind == "overfill":
        rise_s = incident.rise_s or for_s / 2.0
        return Overfill(at_s, for_s, rise_s, base, base + rise), rise_s
    if incident.kind == "bag_blinding":
        return BagBlinding(at_s, for_s, incident.rise_s or for_s / 2.0, rise), 0.0
    if point.kind == "dust.spark":
        return Spark(at_s, for_s), 0.0
    tau_s = incident.rise_s or 20.0
    return Heating(at_s, for_s, rise, tau_s), _AFTERGLOW * (tau_s + 8.0)
