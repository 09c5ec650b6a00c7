"""A dust collector's parts: self-heating dust, a fan that runs down."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

ACTIVATION: Final = 80_000.0
"""J/mol, apparent activation energy of smouldering organic dust (engineering default)."""

GAS_CONSTANT: Final = 8.314462618


def semenov_scale_k(kelvin: float) -> float:
    """R T^2 / E: the warming that makes the reaction e times as fast (Semenov; Frank-Kamenetskii's approximation)."""
    return GAS_CONSTANT * kelvin**2 / ACTIVATION


def self_heating_k(t_s: NDArray[np.float64], to_k: float, within_s: float, scale_k: float) -> NDArray[np.float64]:
    """The warming of a nest that heats itself and loses no heat, reaching `to_k` after `within_s`.

    dT/dt = A exp(T / scale) has the solution T = -scale ln(1 - t / t_i), t_i the induction time (Semenov's adiabatic
    explosion): hours of little, then all at once. Kept at `to_k` from then on.
    """
    induction_s = within_s / -math.expm1(-to_k / scale_k)
    x = np.clip(t_s, 0.0, within_s) / induction_s
    return np.minimum(-scale_k * np.log1p(-x), to_k)


def run_down(t_s: NDArray[np.float64], tau_s: float) -> NDArray[np.float64]:
    """Speed of a fan after the current is off, against before: I dw/dt = -k w^2 gives 1 / (1 + t / tau)."""
    return np.asarray(1.0 / (1.0 + np.maximum(t_s, 0.0) / tau_s))
