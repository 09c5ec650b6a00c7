"""A plume in the open: the Gaussian plume with reflection at the ground.

C = G / (2 pi u sy sz) exp(-y^2 / 2 sy^2) [exp(-(z-h)^2 / 2 sz^2) + exp(-(z+h)^2 / 2 sz^2)] (Turner, Workbook of
Atmospheric Dispersion Estimates, 1970, equation 3.1), with the spreads for open country of Briggs (1973) as given by
Hanna, Briggs and Hosker, Handbook on Atmospheric Diffusion (1982), table 4.5. These were fitted from 100 m on; nearer
than that they are an extrapolation, good enough to order detectors by what they see. Density is left out: the gas
is taken to be as heavy as air.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

# class -> (a_y, a_z, b_z, p_z): sy = a_y x / sqrt(1 + 0.0001 x), sz = a_z x (1 + b_z x) ** p_z
_SPREADS: Final = {
    "A": (0.22, 0.20, 0.0, 0.0),
    "B": (0.16, 0.12, 0.0, 0.0),
    "C": (0.11, 0.08, 0.0002, -0.5),
    "D": (0.08, 0.06, 0.0015, -0.5),
    "E": (0.06, 0.03, 0.0003, -1.0),
    "F": (0.04, 0.016, 0.0003, -1.0),
}
_NEAREST_M: Final = 1.0
_ERF = np.vectorize(math.erf, otypes=[np.float64])


def spreads(stability: str, x_m: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Standard deviations (across, upright) of the plume `x_m` metres downwind."""
    a_y, a_z, b_z, p_z = _SPREADS[stability]
    x = np.maximum(x_m, _NEAREST_M)
    return a_y * x / np.sqrt(1.0 + 0.0001 * x), a_z * x * (1.0 + b_z * x) ** p_z


def concentration(
    rate: float,
    wind_m_s: NDArray[np.float64],
    across: tuple[NDArray[np.float64], NDArray[np.float64]],
    heights_m: tuple[float, float],
    spread: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Concentration, in the unit of `rate` times s/m3, at (x, y) = `across`; heights of source and detector.

    0 upwind of the source.
    """
    (x, y), (h, z), (s_y, s_z) = across, heights_m, spread
    upright = np.exp(-((z - h) ** 2) / (2.0 * s_z**2)) + np.exp(-((z + h) ** 2) / (2.0 * s_z**2))
    found = rate / (2.0 * np.pi * wind_m_s * s_y * s_z) * np.exp(-(y**2) / (2.0 * s_y**2)) * upright
    return np.where(x > 0.0, found, 0.0)


def along_path(
    rate: float,
    wind_m_s: NDArray[np.float64],
    across: tuple[NDArray[np.float64], NDArray[np.float64]],
    heights_m: tuple[float, float],
    spread: tuple[NDArray[np.float64], NDArray[np.float64]],
    path_m: float,
) -> NDArray[np.float64]:
    """The concentration's integral over a beam of `path_m` that lies across the wind, its middle at (x, y).

    The Gauss curve across the wind integrates to the error function; a beam much wider than the plume sees all of it:
    G / (sqrt(2 pi) u sz) [..].
    """
    (x, y), (h, z), (s_y, s_z) = across, heights_m, spread
    upright = np.exp(-((z - h) ** 2) / (2.0 * s_z**2)) + np.exp(-((z + h) ** 2) / (2.0 * s_z**2))
    width = math.sqrt(2.0) * s_y
    part = 0.5 * (_ERF((y + path_m / 2.0) / width) - _ERF((y - path_m / 2.0) / width))
    found = rate / (math.sqrt(2.0 * math.pi) * wind_m_s * s_z) * upright * part
    return np.where(x > 0.0, found, 0.0)
