"""A release of gas as each detector sees it: in a well-mixed room, or in the open under the scenario's wind."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plant.site import Point
from simulators.family import Around, range_of
from simulators.gas import OXYGEN_IN_AIR_VOL, t90_of
from simulators.incident import OutdoorsModel, ReleaseModel
from simulators.lag import tau_of_t90
from simulators.physics.detector import lagged, signal
from simulators.physics.gases import GASES, factor_of, volume_flow_m3_s
from simulators.physics.plume import along_path, concentration, spreads
from simulators.physics.room import Room, fractions
from simulators.trace import Trace, grid

_FADED: Final = 9.0
"""After so many time constants a decay is a ten-thousandth of what it was."""

_STEP_OUT: Final = 0.5
_STEP_ASIDE_DEG: Final = 8.0

_USUAL_UNIT: Final = {"gas.combustible": "%LEL", "gas.openpath": "LEL.m", "gas.oxygen": "%VOL", "ammonia.ppm": "ppm"}


def is_seen_by(release: ReleaseModel, point: Point) -> bool:
    """Whether the detector answers to this gas at all: a cell for hydrogen sulphide sees no methane."""
    if point.kind == "gas.oxygen":
        return True
    if point.kind == "ammonia.ppm":
        return release.gas == "nh3"
    if point.kind.startswith("gas.toxic."):
        return point.kind.removeprefix("gas.toxic.") == release.gas
    return factor_of(GASES[release.gas], _unit_of(point)) is not None


def tail_s(release: ReleaseModel, point: Point) -> float:
    """How long after its end a release is still seen."""
    lag_s = tau_of_t90(t90_of(point))
    if release.room is not None:
        airing = max(release.room.air_changes_h, release.room.fan_air_changes_h, 0.1)
        return _FADED * (3600.0 / airing + lag_s)
    assert release.outdoors is not None  # noqa: S101 - the model demands one of the two
    return _FADED * lag_s + 4.0 * release.outdoors.distance_m


def release_trace(
    release: ReleaseModel, point: Point, rank: int, at_s: float, for_s: float, until_s: float, around: Around
) -> Trace:
    """What the release adds to the reading of the unit's rank-th detector of its kind, until `until_s`."""
    t_s = grid(until_s - at_s)
    step_s = float(t_s[1] - t_s[0]) if len(t_s) > 1 else 1.0
    gas = GASES[release.gas]
    principle = point.principle or ("catalytic" if point.kind == "gas.combustible" else "")
    there = _fraction(release, point, rank, at_s, for_s, t_s, around)
    tau_s = tau_of_t90(t90_of(point))
    if point.kind == "gas.oxygen":
        # Displaced: what is left of the air has the oxygen that air has.
        gone = -OXYGEN_IN_AIR_VOL * there
        return Trace(at_s, step_s, gone, lagged(gone, step_s, tau_s))
    factor = factor_of(gas, _unit_of(point)) or 0.0
    most = 2.0 * range_of(point)[1]
    shown = np.minimum(factor * signal(principle, gas, there), most)
    return Trace(at_s, step_s, factor * there, lagged(shown, step_s, tau_s))


def _fraction(
    release: ReleaseModel,
    point: Point,
    rank: int,
    at_s: float,
    for_s: float,
    t_s: NDArray[np.float64],
    around: Around,
) -> NDArray[np.float64]:
    """Volume fraction at the detector; for an open path the fraction times metres."""
    gas = GASES[release.gas]
    flow = volume_flow_m3_s(gas, release.rate_g_s)
    if release.room is not None:
        given = release.room
        fan_at = math.inf if given.fan_at_ppm is None else given.fan_at_ppm * 1e-6
        room = Room(given.volume_m3, given.air_changes_h, fan_at, given.fan_air_changes_h)
        found = fractions(room, flow, for_s, t_s)
        return found * given.volume_m3 ** (1.0 / 3.0) if point.kind == "gas.openpath" else found
    assert release.outdoors is not None  # noqa: S101 - the model demands one of the two
    return _outdoors(release.outdoors, flow, point, rank, at_s, for_s, t_s, around)


def _outdoors(
    out: OutdoorsModel,
    flow: float,
    point: Point,
    rank: int,
    at_s: float,
    for_s: float,
    t_s: NDArray[np.float64],
    around: Around,
) -> NDArray[np.float64]:
    """The plume of each instant's wind, quasi-steady; what arrives was set free the way's time before."""
    air = around.air
    wind = air.wind_m_s(at_s + t_s)
    distance = out.distance_m * (1.0 + _STEP_OUT * rank)
    bearing = air.weather.wind_from_deg + 180.0 if out.bearing_deg is None else out.bearing_deg
    bearing += _STEP_ASIDE_DEG * ((rank + 1) // 2) * (1 if rank % 2 else -1)
    off = np.radians(bearing - (air.wind_from_deg(at_s + t_s) + 180.0))
    x, y = distance * np.cos(off), distance * np.sin(off)
    found = np.zeros(len(t_s))
    classes = np.array(air.stability(at_s + t_s))
    for stability in sorted(set(classes.tolist())):
        these = classes == stability
        place = (x[these], y[these])
        heights = (out.source_height_m, out.detector_height_m)
        spread = spreads(stability, place[0])
        if point.kind == "gas.openpath":
            found[these] = along_path(flow, wind[these], place, heights, spread, out.path_m)
        else:
            found[these] = concentration(flow, wind[these], place, heights, spread)
    left_s = t_s - np.maximum(x, 0.0) / wind
    return np.where((left_s >= 0.0) & (left_s < for_s), np.minimum(found, _most(point, out)), 0.0)


def _most(point: Point, out: OutdoorsModel) -> float:
    """Pure gas: near its source the formula's point source would give more than all."""
    return out.path_m if point.kind == "gas.openpath" else 1.0


def _unit_of(point: Point) -> str:
    return point.unit_symbol or _USUAL_UNIT.get(point.kind, "ppm")
