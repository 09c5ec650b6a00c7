"""What detectors make of the gas around them, by measuring principle, and their lag."""

import math

import numpy as np
from numpy.typing import NDArray

from simulators.physics.gases import Gas

OXYGEN_IN_AIR: float = 0.209
"""Volume fraction."""


def catalytic(gas: Gas, fraction: NDArray[np.float64]) -> NDArray[np.float64]:
    """The volume fraction that a catalytic bead seems to see: the gas it can burn.

    The bead's signal is the heat of what burns on it. Gas x meets 0.209 (1 - x) of oxygen, enough to burn
    0.209 (1 - x) / nu (nu: moles of oxygen a mole of gas takes). So the signal is min(x, 0.209 (1 - x) / nu): beyond
    the stoichiometric mixture it falls, and pure gas reads zero (the ambiguity above the upper explosive limit that
    IEC 60079-29-2 warns of).
    """
    if gas.oxygen <= 0.0:
        return np.zeros(len(fraction))
    return np.minimum(fraction, OXYGEN_IN_AIR * np.maximum(1.0 - fraction, 0.0) / gas.oxygen)


def signal(principle: str, gas: Gas, fraction: NDArray[np.float64]) -> NDArray[np.float64]:
    """The volume fraction that a detector of this principle shows when nothing lags.

    Infrared absorption (Lambert-Beer, linearised by the transmitter) and the current of an electrochemical cell
    limited by diffusion (Fick) are proportional to the gas, up to the end of the transmitter's range.
    """
    return catalytic(gas, fraction) if principle == "catalytic" else fraction


def lagged(u: NDArray[np.float64], step_s: float, tau_s: float) -> NDArray[np.float64]:
    """tau dy/dt + y = u for an input that is straight between its samples, exactly; y starts at 0.

    Over a step from u0 to u1: y1 = a y0 + (1 - a) u0 + (u1 - u0) (1 - tau (1 - a) / dt), a = exp(-dt / tau).
    """
    if tau_s <= 0.0 or len(u) < 2:
        return u.copy()
    a = math.exp(-step_s / tau_s)
    ramp = 1.0 - tau_s * (1.0 - a) / step_s
    driven = (1.0 - a) * u[:-1] + ramp * np.diff(u)
    found = np.zeros(len(u))
    y = 0.0
    for i, push in enumerate(driven.tolist(), start=1):
        y = a * y + push
        found[i] = y
    return found
