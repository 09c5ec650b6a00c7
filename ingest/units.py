"""A value's unit as the wire says it -> the point's unit, as one scale and one offset."""

import math
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from ingest.gases import Gas, gas_of_point
from plant.site import Point

if TYPE_CHECKING:
    import pint

_DEFINITIONS: Final = """\
vol = [volume_fraction]
percent_vol = 0.01 * vol
ppm_vol = 1e-6 * vol
ppb_vol = 1e-9 * vol
lel = [explosive_limit]
percent_lel = 0.01 * lel
percent_rh = [relative_humidity]
percent_oel = [exposure_limit]
percent_idlh = [danger_limit]
ph_value = [acidity]
sound_level = [sound_level]
state = [state]
mm_water = 9.80665 * pascal
per_minute = 1 / minute
"""
"""Kinds of quantity of our own, so that a share of a volume is never taken for a share of an explosive limit."""

_PINT_OF: Final = {
    "Pa": "pascal", "hPa": "hectopascal", "kPa": "kilopascal", "MPa": "megapascal", "mbar": "millibar", "bar": "bar",
    "mmH2O": "mm_water", "mmHg": "mmHg", "Torr": "torr", "psi": "psi", "kgf/cm2": "kgf / centimeter ** 2",
    "atm": "atmosphere", "degC": "degree_Celsius", "degF": "degree_Fahrenheit", "K": "kelvin",
    "ppm": "ppm_vol", "ppb": "ppb_vol", "%VOL": "percent_vol", "%LEL": "percent_lel", "%OEL": "percent_oel",
    "%IDLH": "percent_idlh", "g/m3": "gram / meter ** 3", "mg/m3": "milligram / meter ** 3",
    "ug/m3": "microgram / meter ** 3", "mg/L": "milligram / liter", "LEL.m": "lel * meter",
    "%LEL.m": "percent_lel * meter", "ppm.m": "ppm_vol * meter", "km": "kilometer", "m": "meter", "cm": "centimeter",
    "mm": "millimeter", "um": "micrometer", "%": "percent", "%RH": "percent_rh", "1": "state", "bool": "state",
    "person": "state", "m/s": "meter / second", "mm/s": "millimeter / second", "km/h": "kilometer / hour",
    "ms": "millisecond", "s": "second", "min": "minute", "h": "hour", "A": "ampere", "mA": "milliampere",
    "V": "volt", "mV": "millivolt", "W": "watt", "kW": "kilowatt", "Hz": "hertz", "r/min": "per_minute",
    "m3/h": "meter ** 3 / hour", "m3/min": "meter ** 3 / minute", "m3/s": "meter ** 3 / second",
    "L/min": "liter / minute", "L/s": "liter / second", "L/h": "liter / hour", "g": "gram", "kg": "kilogram",
    "t": "metric_ton", "L": "liter", "m3": "meter ** 3", "pH": "ph_value", "lx": "lux", "dB": "sound_level",
}  # fmt: skip
_OTHER_WORDS: Final = {
    "°C": "degC", "Cel": "degC", "Celsius": "degC", "°F": "degF", "Fahrenheit": "degF", "LEL": "%LEL", "LEL%": "%LEL",
    "%lel": "%LEL", "%vol": "%VOL", "%Vol": "%VOL", "vol%": "%VOL", "VOL%": "%VOL", "Vol%": "%VOL", "%V/V": "%VOL",
    "PPM": "ppm", "PPB": "ppb", "ppmv": "ppm", "umol/mol": "ppm", "nmol/mol": "ppb", "LEL*m": "LEL.m",
    "%rh": "%RH", "percent": "%", "persons": "person", "人": "person", "count": "person", "rpm": "r/min",
    "Lux": "lx", "lux": "lx", "kgf/cm^2": "kgf/cm2", "mg/m^3": "mg/m3", "ug/m^3": "ug/m3", "m^3/h": "m3/h",
    "Kpa": "kPa", "KPa": "kPa", "Mpa": "MPa", "pa": "Pa", "l/min": "L/min", "l/s": "L/s", "l": "L", "hz": "Hz",
}  # fmt: skip
"""What devices write, beside the symbols of points.csv. `LEL` alone is what detectors mean by %LEL."""

_MOLAR_VOLUMES_L: Final = {0.0: 22.4, 20.0: 24.04, 25.0: 24.45}
"""L/mol at 101.325 kPa, as the tables of limits round them; other temperatures by Vm = 22.414 x T / 273.15 K."""

_MOST_REMEMBERED: Final = 100_000


class Conversion(tuple[float, float]):
    """(scale, offset): value in the point's unit = value x scale + offset."""

    __slots__ = ()


SAME: Final = Conversion((1.0, 0.0))


class Units:
    """Conversions of the points of one site, each worked out once. Words are of a closed list: no text is parsed."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Conversion | str] = {}

    def conversion(self, point: Point, unit: str) -> Conversion | str:
        """What turns a value in `unit` into the point's unit, or why nothing does. A point without a unit takes all."""
        if not unit or unit == point.unit_symbol or not point.unit_symbol:
            return SAME
        given = symbol_of(unit)
        if given is None:
            return f"{unit[:20]!r} is no unit that is known here"
        gas = gas_of_point(point.kind, point.gas)
        wanted = symbol_of(point.unit_symbol) or point.unit_symbol
        if given == "%" and (wanted == "%RH" or (wanted == "%VOL" and point.kind == "gas.oxygen")):
            given = wanted
        if given == "%VOL" and wanted == "%" and point.kind == "gas.oxygen":
            given = wanted
        key = (given, wanted, gas, point.ref_temp_c)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            found = self._known[key] = SAME if given == wanted else convert(given, wanted, gas, point.ref_temp_c)
        return found


def prepare() -> None:
    """Load the registry of units now (about half a second), and not when the first value needs it."""
    _registry()


def symbol_of(unit: str) -> str | None:
    """One spelling for a unit: °C, ℃ and Cel are degC. None for an unknown one."""
    if len(unit) > 20:
        return None
    word = unicodedata.normalize("NFKC", unit).replace("μ", "u").replace(" ", "").replace("·", ".")
    word = _OTHER_WORDS.get(word, word)
    return word if word in _PINT_OF else None


def convert(given: str, wanted: str, gas: Gas | None, ref_temp_c: float | None) -> Conversion | str:
    """Between two known symbols; why not, where it can't be done. Gas and reference temperature in °C where needed."""
    import pint

    registry = _registry()
    if wanted not in _PINT_OF:
        return f"{wanted} is no unit that is known here"
    source, target = registry.Unit(_PINT_OF[given]), registry.Unit(_PINT_OF[wanted])
    try:
        with registry.context(_context(gas, ref_temp_c)):
            if {"degC", "degF", "K"} >= {given, wanted}:
                offset = float(registry.Quantity(0.0, source).to(target).magnitude)
                degrees = {"degC": "kelvin", "K": "kelvin", "degF": "delta_degree_Fahrenheit"}
                scale = float(registry.Quantity(1.0, degrees[given]).to(degrees[wanted]).magnitude)
                return Conversion((_rounded(scale), _rounded(offset)))
            return Conversion((_rounded(float(registry.Quantity(1.0, source).to(target).magnitude)), 0.0))
    except pint.DimensionalityError:
        return f"{given} can't be turned into {wanted}{_missing(given, wanted, gas, ref_temp_c)}"


def molar_volume_l(temp_c: float) -> float:
    """Litres per mole of a gas at 101.325 kPa."""
    return _MOLAR_VOLUMES_L.get(temp_c, 22.414 * (273.15 + temp_c) / 273.15)


def _context(gas: Gas | None, ref_temp_c: float | None) -> Any:
    """ppm = mg/m3 x Vm / M, and %VOL = %LEL x LEL / 100, where what they need is known."""
    import pint

    registry = _registry()
    context = pint.Context()
    mass, share = "[mass] / [length] ** 3", "[volume_fraction]"
    if gas is not None and ref_temp_c is not None and ref_temp_c > -273.15:
        factor = registry.Quantity(molar_volume_l(ref_temp_c) / gas.molar_mass_g, "vol * liter / gram")
        context.add_transformation(mass, share, _times(factor))
        context.add_transformation(share, mass, _times(1 / factor))
    if gas is not None and gas.lel_percent_vol is not None:
        limit = registry.Quantity(gas.lel_percent_vol, "percent_vol / lel")
        for path in ("", " * [length]"):
            of_limit, of_air = f"[explosive_limit]{path}", f"[volume_fraction]{path}"
            context.add_transformation(of_limit, of_air, _times(limit))
            context.add_transformation(of_air, of_limit, _times(1 / limit))
    return context


def _times(factor: Any) -> Any:
    def transform(_registry: Any, value: Any, **_: Any) -> Any:
        return value * factor

    return transform


def _missing(given: str, wanted: str, gas: Gas | None, ref_temp_c: float | None) -> str:
    kinds = {_kind(given), _kind(wanted)}
    if len(kinds) < 2 or "" in kinds:
        return ""
    if gas is None:
        return ": the point's gas is not known"
    if "mass" in kinds and ref_temp_c is None:
        return ": the point has no ref_temp_c"
    if "limit" in kinds and gas.lel_percent_vol is None:
        return f": the explosive limit of {gas.formula} is not known"
    return ""


def _kind(symbol: str) -> str:
    if symbol in ("ppm", "ppb", "%VOL", "ppm.m"):
        return "share"
    if symbol in ("%LEL", "LEL.m", "%LEL.m"):
        return "limit"
    return "mass" if symbol in ("g/m3", "mg/m3", "ug/m3", "mg/L") else ""


def _rounded(factor: float) -> float:
    """Without the last bits, in which a chain of factors errs: 0.1, not 0.09999999999999999."""
    short = float(f"{factor:.12g}")
    return short if math.isclose(short, factor, rel_tol=1e-14) else factor


@cache
def _registry() -> "pint.UnitRegistry[Any]":
    import pint

    registry: pint.UnitRegistry[Any] = pint.UnitRegistry(cache_folder=None)
    for line in _DEFINITIONS.splitlines():
        registry.define(line)
    return registry
