"""Responses of first-order systems in closed form: what a lag makes of a step and of a pulse.

Source: any text on linear systems, e.g. K. Ogata, Modern Control Engineering, section 5-2 (first-order systems):
tau dy/dt + y = u. All times are in seconds, all results are fractions of the input's height.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

LN_10: Final = math.log(10.0)


def tau_of_t90(t90_s: float) -> float:
    """The time constant of a first-order detector that reads 90 % of a step after `t90_s`: 1 - exp(-T90/tau) = 0.9."""
    return t90_s / LN_10


def step(t_s: NDArray[np.float64], tau_s: float) -> NDArray[np.float64]:
    """The answer to a unit step at 0: 1 - exp(-t/tau); at once where tau is 0; 0 before the step."""
    if tau_s <= 0.0:
        return (t_s >= 0.0).astype(np.float64)
    return -np.expm1(-np.maximum(t_s, 0.0) / tau_s)


def step_through_two(t_s: NDArray[np.float64], tau_1_s: float, tau_2_s: float) -> NDArray[np.float64]:
    """The answer of two first-order lags in a row to a unit step at 0.

    1 - (tau1 exp(-t/tau1) - tau2 exp(-t/tau2)) / (tau1 - tau2); where both are equal, 1 - (1 + t/tau) exp(-t/tau).
    """
    if tau_1_s <= 0.0 or tau_2_s <= 0.0:
        return step(t_s, max(tau_1_s, tau_2_s, 0.0))
    t = np.maximum(t_s, 0.0)
    if abs(tau_1_s - tau_2_s) < 1e-6 * tau_1_s:
        return 1.0 - (1.0 + t / tau_1_s) * np.exp(-t / tau_1_s)
    return 1.0 - (tau_1_s * np.exp(-t / tau_1_s) - tau_2_s * np.exp(-t / tau_2_s)) / (tau_1_s - tau_2_s)


def pulse(t_s: NDArray[np.float64], for_s: float, tau_1_s: float, tau_2_s: float = 0.0) -> NDArray[np.float64]:
    """The answer to a unit pulse from 0 to `for_s`: by superposition, a step up minus the same step later."""
    return step_through_two(t_s, tau_1_s, tau_2_s) - step_through_two(t_s - for_s, tau_1_s, tau_2_s)
