"""What the formulas need to know of each gas, and conversions between its units.

Molar masses from the periodic table. Lower explosive limits of H2, CH4, C3H8, CO and NH3 as commonly tabulated (4.0,
5.0, 2.1, 12.5, 15 %VOL); upper limits and the oxygen that burning takes (by the reaction's equation) likewise. They
serve simulation, not classification of areas.
"""

from dataclasses import dataclass
from typing import Final

MOLAR_VOLUME_L: Final = 24.04
"""Litres a mole at 20 degrees C and 101.325 kPa."""


@dataclass(frozen=True, slots=True)
class Gas:
    """One gas. `lel_vol`, `uel_vol` in %VOL, None where it does not burn; `oxygen` moles of O2 a mole burns with."""

    molar_mass: float
    lel_vol: float | None = None
    uel_vol: float | None = None
    oxygen: float = 0.0


GASES: Final[dict[str, Gas]] = {
    "h2": Gas(2.016, 4.0, 75.0, 0.5),
    "ch4": Gas(16.04, 5.0, 15.0, 2.0),
    "c3h8": Gas(44.10, 2.1, 9.5, 5.0),
    "co": Gas(28.01, 12.5, 74.0, 0.5),
    "nh3": Gas(17.03, 15.0, 28.0, 0.75),
    "h2s": Gas(34.08, 4.0, 44.0, 1.5),
    "cl2": Gas(70.90),
    "so2": Gas(64.06),
    "n2": Gas(28.01),
    "co2": Gas(44.01),
    "ar": Gas(39.95),
}


def volume_flow_m3_s(gas: Gas, rate_g_s: float) -> float:
    """The volume of a mass flow at 20 degrees C: n Vm, n = rate / M (ideal gas)."""
    return rate_g_s / gas.molar_mass * MOLAR_VOLUME_L / 1000.0


def factor_of(gas: Gas, unit_symbol: str) -> float | None:
    """What a volume fraction (0 to 1) is multiplied by to give the unit; None where the gas has no such figure."""
    if unit_symbol in ("%LEL", "LEL.m"):
        if gas.lel_vol is None:
            return None
        return (10_000.0 if unit_symbol == "%LEL" else 100.0) / gas.lel_vol
    factors = {
        "%VOL": 100.0,
        "%": 100.0,
        "ppm": 1e6,
        "mg/m3": 1e6 * gas.molar_mass / MOLAR_VOLUME_L,
        "mg/m³": 1e6 * gas.molar_mass / MOLAR_VOLUME_L,
    }
    return factors.get(unit_symbol)
