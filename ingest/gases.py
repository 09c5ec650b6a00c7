"""Gases as the conversion of units needs them: molar mass and lower explosive limit."""

import re
from dataclasses import dataclass
from typing import Final

_ATOMIC_WEIGHTS: Final = {
    "H": 1.008, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998, "P": 30.974, "S": 32.06, "Cl": 35.45,
    "Br": 79.904, "As": 74.922, "Si": 28.085, "Ar": 39.95, "He": 4.0026,
}  # fmt: skip
"""g/mol: abridged standard atomic weights, IUPAC 2021."""

_LEL_PERCENT_VOL: Final = {"H2": 4.0, "CH4": 5.0, "C3H8": 2.1, "CO": 12.5, "NH3": 15.0}
"""Lower explosive limits on which published tables agree. Tables differ about others, so they are not here."""

_NAMES: Final = {
    "H2": ("hydrogen", "氢气", "氢"), "CH4": ("methane", "甲烷"), "C3H8": ("propane", "丙烷"),
    "CO": ("carbon monoxide", "carbon_monoxide", "一氧化碳"), "NH3": ("ammonia", "氨", "氨气"),
    "H2S": ("hydrogen sulfide", "hydrogen sulphide", "hydrogen_sulfide", "硫化氢"), "CL2": ("chlorine", "氯气", "氯"),
    "SO2": ("sulfur dioxide", "sulphur dioxide", "sulfur_dioxide", "二氧化硫"), "NO": ("nitric oxide", "一氧化氮"),
    "NO2": ("nitrogen dioxide", "nitrogen_dioxide", "二氧化氮"), "HCN": ("hydrogen cyanide", "氰化氢"),
    "HCL": ("hydrogen chloride", "氯化氢"), "HF": ("hydrogen fluoride", "氟化氢"), "PH3": ("phosphine", "磷化氢"),
    "CO2": ("carbon dioxide", "carbon_dioxide", "二氧化碳"), "O2": ("oxygen", "氧气", "氧"), "O3": ("ozone", "臭氧"),
    "COCL2": ("phosgene", "光气"), "C2H4O": ("ethylene oxide", "ethylene_oxide", "eo", "环氧乙烷"),
    "C6H6": ("benzene", "苯"), "C7H8": ("toluene", "甲苯"),
    "CH3OH": ("methanol", "甲醇"), "C2H2": ("acetylene", "乙炔"),
    "C2H4": ("ethylene", "乙烯"), "C2H6": ("ethane", "乙烷"), "C4H10": ("butane", "丁烷"),
    "CH2O": ("formaldehyde", "甲醛"),
    "CH3BR": ("methyl bromide", "溴甲烷"), "C2H5OH": ("ethanol", "乙醇"), "C8H10": ("xylene", "二甲苯"),
}  # fmt: skip
"""By formula in capitals."""

_FORMULAS: Final = {"CL2": "Cl2", "HCL": "HCl", "COCL2": "COCl2", "CH3BR": "CH3Br"}
_OF_WORD: Final = {word: formula for formula, words in _NAMES.items() for word in (formula.lower(), *words)}
_NO_GASES: Final = frozenset({"HC", "CH", "H", "C", "N", "O", "F", "P", "S", "Cl", "Br", "As", "Si"})
"""Read as formulas they would be: HC is what people write for hydrocarbons of any kind, and no atom is a gas alone."""
_PART = re.compile(r"([A-Z][a-z]?)((?:[1-9]\d{0,2})?)")


@dataclass(frozen=True, slots=True)
class Gas:
    formula: str
    molar_mass_g: float
    """Grams per mole."""
    lel_percent_vol: float | None
    """Lower explosive limit in %VOL; None where it is not known for sure."""


def find_gas(name: str | None) -> Gas | None:
    """The gas of a cell: a name, or a formula such as C4H10. None where it is not known."""
    if not name or len(name) > 40:
        return None
    known = _OF_WORD.get(name.strip().lower())
    formula = _FORMULAS.get(known, known) if known is not None else name.strip()
    molar_mass_g = _molar_mass_g(formula)
    return None if molar_mass_g is None else Gas(formula, molar_mass_g, _LEL_PERCENT_VOL.get(formula))


def gas_of_point(kind: str, gas: str | None) -> Gas | None:
    """By the cell `gas`, else by what the point's kind names: gas.toxic.h2s, ammonia.ppm, gas.oxygen."""
    if gas:
        return find_gas(gas)
    if kind.startswith("gas.toxic."):
        return find_gas(kind.removeprefix("gas.toxic."))
    return find_gas({"ammonia": "NH3", "gas.oxygen": "O2"}.get("ammonia" if kind.startswith("ammonia.") else kind))


def _molar_mass_g(formula: str) -> float | None:
    parts = _PART.findall(formula)
    if formula in _NO_GASES:
        return None
    if not parts or "".join(element + count for element, count in parts) != formula:
        return None
    if any(element not in _ATOMIC_WEIGHTS for element, _ in parts):
        return None
    return sum(_ATOMIC_WEIGHTS[element] * int(count or 1) for element, count in parts)
