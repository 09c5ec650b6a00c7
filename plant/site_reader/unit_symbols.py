"""The unit symbols that a point may be given in, by the family of its kind."""

from difflib import get_close_matches
from typing import Final

_PRESSURE = ("Pa", "hPa", "kPa", "MPa", "mbar", "bar", "mmH2O", "mmHg", "psi", "kgf/cm2")
_TEMPERATURE = ("degC", "°C", "℃", "degF", "°F", "K")
_CONCENTRATION = ("ppm", "ppb", "%VOL", "mg/m3", "mg/m³", "ug/m3", "µg/m3", "µg/m³")
_STATE = ("1", "bool")
_COUNT = ("1", "person", "persons", "人")
_OTHER = (
    "s",
    "min",
    "h",
    "A",
    "mA",
    "V",
    "W",
    "kW",
    "Hz",
    "r/min",
    "mm/s",
    "m3/h",
    "m³/h",
    "L/min",
    "kg",
    "t",
    "m3",
    "m³",
    "pH",
    "lx",
    "dB",
    "%RH",
)

FAMILIES: Final[dict[str, tuple[str, ...]]] = {
    "gas.combustible": ("%LEL", *_CONCENTRATION),
    "gas.toxic": (*_CONCENTRATION, "%OEL", "%IDLH"),
    "gas.oxygen": ("%VOL", "%"),
    "gas.openpath": ("LEL.m", "%LEL.m", "ppm.m"),
    "tank.level": ("m", "cm", "mm", "%"),
    "tank.pressure": _PRESSURE,
    "tank.temperature": _TEMPERATURE,
    "dust.dp": _PRESSURE,
    "dust.inlet_temperature": _TEMPERATURE,
    "dust.hopper_temperature": _TEMPERATURE,
    "dust.duct_speed": ("m/s",),
    "dust.purge_pressure": _PRESSURE,
    "dust.spark": _STATE,
    "dust.airlock": _STATE,
    "dust.fan": _STATE,
    "ammonia": (*_CONCENTRATION, "%LEL"),
    "people.count": _COUNT,
    "permit": _STATE,
}
"""Symbols by kind, or by the dotted beginning of a kind. The first is what the shipped rule packs expect."""

KNOWN: Final[tuple[str, ...]] = tuple(dict.fromkeys(s for symbols in FAMILIES.values() for s in symbols)) + tuple(
    symbol for symbol in _OTHER if symbol not in {s for symbols in FAMILIES.values() for s in symbols}
)
"""Every symbol; a kind of the site's own may use any of them."""


def symbols_of(kind: str) -> tuple[str, ...]:
    """The symbols allowed for a point kind: those of its family, all of them for a kind of the site's own."""
    beginning = kind
    while beginning:
        if beginning in FAMILIES:
            return FAMILIES[beginning]
        beginning = beginning.rpartition(".")[0]
    return KNOWN


def mistake_of(kind: str, symbol: str) -> str | None:
    """What is wrong with a symbol for a kind, and what is allowed; None when it fits."""
    allowed = symbols_of(kind)
    if symbol in allowed:
        return None
    what = f"does not fit {kind}" if symbol in KNOWN else "is not a unit symbol"
    return f"{symbol[:40]!r} {what}, allowed are {' '.join(allowed)}{_hint(symbol, allowed)}"


def _hint(symbol: str, allowed: tuple[str, ...]) -> str:
    folded = {s.lower(): s for s in reversed(allowed)}
    near = get_close_matches(symbol.lower().replace(" ", "")[:40], folded, n=1, cutoff=0.75)
    return f"; did you mean {folded[near[0]]}?" if near else ""
