"""From an incident at a point to the formula that it follows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from plant.site import Point
from simulators.cold import BACK_S, WarmUp
from simulators.dust import BagBlinding, Contact, Heating, Ramp, RunDown, Smoulder, Torn
from simulators.family import Around
from simulators.gas import Leak, t90_of
from simulators.incident import HeatingModel, Incident
from simulators.physics.collector import semenov_scale_k
from simulators.physics.vessel import boiled_off_kg_s, relieved, saturation_factor, warming_k
from simulators.releases import is_seen_by, release_trace, tail_s
from simulators.tank import REFERENCE_K, TAU_S, Drain, Overfill
from simulators.targets import magnitude_of, relative
from simulators.trace import Trace, grid

_AFTERGLOW: Final = 12.0
"""A first-order decay is over after so many time constants: exp(-12) of the peak is left, far below any resolution."""

_FAN_TAU_S: Final = 12.0
_AIR_LEAK_TAU_S: Final = 30.0
_COOLED_S: Final = 5400.0
"""A heated vessel is looked at for so long after the heat is gone."""


class Effect(Protocol):
    """How an incident changes a point's noise-free value."""

    def process(self, t_s: NDArray[np.float64], clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """What really is."""

    def seen(self, t_s: NDArray[np.float64], clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the sensor shows of it."""


@dataclass(frozen=True, slots=True)
class Look:
    """What an effect may look at. `shown` is a point's value at an instant, `undisturbed` its values at instants."""

    shown: Callable[[str, float], float]
    undisturbed: Callable[[str, NDArray[np.float64]], NDArray[np.float64]]
    around: Around
    duration_s: float


def is_touched(incident: Incident, point: Point) -> bool:
    """Whether the incident changes anything at this point of its unit."""
    return incident.release is None or is_seen_by(incident.release, point)


def effect_of(
    incident: Incident, point: Point, rank: int, at_s: float, factor: float, look: Look
) -> tuple[Effect, float]:
    """The formula and how long it goes on after the end. `rank` counts the unit's points of this kind from 0."""
    for_s = incident.for_s
    if incident.release is not None:
        release, tail = incident.release, tail_s(incident.release, point)
        until_s = min(at_s + for_s + tail, max(look.duration_s, at_s + 1.0))
        return release_trace(release, point, rank, at_s, for_s, until_s, look.around), tail
    if incident.heating is not None:
        return _heated(incident.heating, point, at_s, for_s, look)
    base = look.shown(point.point, at_s)
    if incident.hole is not None:
        hole = incident.hole
        return Drain(at_s, for_s, hole.hole_mm, hole.diameter_m, base), for_s / 2.0
    if point.kind in ("dust.fan", "dust.airlock"):
        return Contact(at_s, for_s, 0.0), 0.0
    if incident.kind == "fan_stop" or point.kind == "dust.water_flow":
        # The pump of a wet collector draws air once the level is down.
        late_s = (incident.rise_s or for_s / 2.0) if point.kind == "dust.water_flow" else 0.0
        return RunDown(at_s + late_s, max(for_s - late_s, 1.0), _FAN_TAU_S), _AFTERGLOW * 5.0
    if point.kind == "dust.purge_pressure":
        return Heating(at_s, for_s, -0.8 * base, _AIR_LEAK_TAU_S), _AFTERGLOW * (_AIR_LEAK_TAU_S + 8.0)
    if incident.kind == "permit" or point.kind == "dust.spark":
        return Contact(at_s, for_s), 0.0
    magnitude = magnitude_of(incident, point)
    assert magnitude is not None  # noqa: S101 - the model demands it for the kinds left
    return _towards(incident, point, at_s, base, (magnitude - base) * factor, rank)


def _towards(
    incident: Incident, point: Point, at_s: float, base: float, rise: float, rank: int
) -> tuple[Effect, float]:
    """Incidents that a magnitude describes: from the base by `rise`."""
    for_s = incident.for_s
    ramp_s = incident.rise_s or for_s / 2.0
    tau_s = incident.rise_s or 20.0
    if incident.kind == "leak":
        return Leak(at_s, for_s, rise, tau_s, t90_of(point)), _AFTERGLOW * (tau_s + t90_of(point))
    if incident.kind == "overfill":
        return Overfill(at_s, for_s, ramp_s, base, base + rise), ramp_s
    if incident.kind == "bag_blinding":
        return BagBlinding(at_s, for_s, ramp_s, rise), 0.0
    if incident.kind == "bag_burst":
        return Torn(at_s, for_s, incident.rise_s or 5.0, max(0.0, (base + rise) / max(base, 1e-9))), 0.0
    if incident.kind in ("cleaning_failure", "water_loss"):
        return Ramp(at_s, for_s, ramp_s, base, base + rise), 0.0
    if incident.kind == "crowd":
        return Contact(at_s, for_s, float(round(base + rise))), 0.0
    if incident.kind == "smoulder":
        scale_k = semenov_scale_k(273.15 + base)
        return Smoulder(at_s, for_s, incident.rise_s or 0.8 * for_s, max(rise, 0.1), scale_k), 8.0 * 600.0
    if incident.kind == "warm_up":
        return WarmUp(at_s, for_s, incident.rise_s or 3600.0, base, base + rise), _AFTERGLOW * BACK_S
    return Heating(at_s, for_s, rise, tau_s), _AFTERGLOW * (tau_s + 8.0)


def _heated(heating: HeatingModel, point: Point, at_s: float, for_s: float, look: Look) -> tuple[Effect, float]:
    """A vessel that is heated: warmer by its heat balance, under more pressure, emptier by what boils off."""
    t_s = grid(min(for_s + _COOLED_S, max(look.duration_s - at_s, 1.0)))
    step_s = float(t_s[1] - t_s[0]) if len(t_s) > 1 else 1.0
    rise_k = warming_k(heating.heat_kw, heating.content_t, TAU_S)
    on_s, off_s = np.minimum(t_s, for_s), np.maximum(t_s - for_s, 0.0)
    warm_k = rise_k * -np.expm1(-on_s / TAU_S) * np.exp(-off_s / TAU_S)
    clean = look.undisturbed(point.point, at_s + t_s)
    if point.kind == "tank.temperature":
        return Trace(at_s, step_s, warm_k, warm_k), _COOLED_S
    if point.kind == "tank.level":
        boiled_t = boiled_off_kg_s(heating.heat_kw) * on_s / 1000.0
        lost = -float(clean[0]) * np.minimum(boiled_t / heating.content_t, 1.0)
        return Trace(at_s, step_s, lost, lost), _COOLED_S
    wanted = clean * saturation_factor(REFERENCE_K + warm_k, np.asarray(REFERENCE_K))
    if heating.relief_at is not None:
        given = heating.relief_at
        set_at = relative(given, point) if isinstance(given, str) else given
        wanted = relieved(wanted, step_s, set_at).pressure
    more = wanted - clean
    return Trace(at_s, step_s, more, more), _COOLED_S
