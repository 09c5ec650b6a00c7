"""A vessel's mass and heat: outflow through a hole, heating, boil-off, the relief valve."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

GRAVITY: Final = 9.80665
DISCHARGE: Final = 0.62
"""Discharge coefficient of a sharp-edged hole (Perry's Chemical Engineers' Handbook, flow through orifices)."""

HEAT_CAPACITY: Final = 2.5
"""kJ/(kg K) of liquid propane near 20 degrees C."""

EVAPORATION: Final = 18_800.0
"""J/mol, propane at its boiling point (NIST Chemistry WebBook)."""

EVAPORATION_KJ_KG: Final = EVAPORATION / 44.10
GAS_CONSTANT: Final = 8.314462618

RESEAT: Final = 0.93
"""A relief valve closes again at this part of its set pressure (blowdown of 7 %, API 520 part I)."""

_BLOW_S: Final = 20.0
_REFILL_S: Final = 60.0


def drained_level(level_m: float, hole_mm: float, diameter_m: float, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """The level `t_s` after a hole opened at the bottom of an upright tank.

    Torricelli: A dh/dt = -Cd a sqrt(2 g h), so sqrt(h) falls in a straight line: sqrt(h0) - Cd (a/A) sqrt(g/2) t.
    """
    ratio = (hole_mm / 1000.0 / diameter_m) ** 2
    root = math.sqrt(max(level_m, 0.0)) - DISCHARGE * ratio * math.sqrt(GRAVITY / 2.0) * np.maximum(t_s, 0.0)
    return np.asarray(np.maximum(root, 0.0) ** 2)


def warming_k(heat_kw: float, content_t: float, tau_s: float) -> float:
    """How much warmer the content is in the end: m c dT/dt = Q - U A dT gives Q / (U A), tau = m c / (U A)."""
    return heat_kw * tau_s / (content_t * 1000.0 * HEAT_CAPACITY)


def boiled_off_kg_s(heat_kw: float) -> float:
    """What evaporates when all the heat goes into evaporation: Q / dH."""
    return heat_kw / EVAPORATION_KJ_KG


def saturation_factor(kelvin: NDArray[np.float64], reference_k: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vapour pressure against that at the reference: exp(dH/R (1/T_ref - 1/T)) (Clausius-Clapeyron, dH constant)."""
    return np.exp(EVAPORATION / GAS_CONSTANT * (1.0 / reference_k - 1.0 / kelvin))


@dataclass(frozen=True, slots=True)
class Relieved:
    """Pressures with a relief valve, and when it was open."""

    pressure: NDArray[np.float64]
    open: NDArray[np.bool_]


def relieved(saturated: NDArray[np.float64], step_s: float, set_at: float) -> Relieved:
    """The pressure of a vessel whose liquid wants `saturated`, with a valve that opens at `set_at`.

    Open, the pressure falls towards four fifths of the set pressure with 20 s; closed, the liquid's boiling brings it
    back to saturation with 60 s (first order both, engineering defaults): the saw tooth of a chattering valve.
    """
    fall, refill = (-math.expm1(-step_s / tau) for tau in (_BLOW_S, _REFILL_S))
    found, opened = np.empty(len(saturated)), np.zeros(len(saturated), dtype=np.bool_)
    p, is_open, blown = float(saturated[0]), False, False
    for i, wanted in enumerate(saturated.tolist()):
        if is_open:
            p += (0.8 * set_at - p) * fall
        else:
            p = p + (wanted - p) * refill if blown else wanted
        is_open = p > RESEAT * set_at if is_open else p >= set_at
        blown = blown or is_open
        found[i], opened[i] = p, is_open
    return Relieved(found, opened)
