"""Units of the wire -> the point's, against figures worked out by hand."""

from dataclasses import replace
from typing import Any

import pytest
from support.ingest_site import make_point

from ingest.gases import find_gas, gas_of_point
from ingest.units import SAME, Units, molar_volume_l, symbol_of
from plant.site import Point
from plant.site_reader.unit_symbols import KNOWN

UNITS = Units()


def point(kind: str, unit: str | None, **cells: Any) -> Point:
    return replace(make_point("P", "E1"), kind=kind, unit_symbol=unit, **cells)


def converted(value: float, unit: str, to: Point) -> float | str:
    found = UNITS.conversion(to, unit)
    return found if isinstance(found, str) else value * found[0] + found[1]


@pytest.mark.parametrize(
    ("value", "unit", "kind", "to", "cells", "expected"),
    [
        (1.0, "bar", "tank.pressure", "kPa", {}, 100.0),
        (1.0, "MPa", "tank.pressure", "kPa", {}, 1000.0),
        (1.0, "kgf/cm2", "tank.pressure", "kPa", {}, 98.0665),
        (100.0, "mmH2O", "dust.dp", "Pa", {}, 980.665),
        (70.0, "℃", "dust.inlet_temperature", "degF", {}, 158.0),
        (158.0, "°F", "dust.inlet_temperature", "℃", {}, 70.0),
        (300.0, "K", "tank.temperature", "degC", {}, 26.85),
        (250.0, "cm", "tank.level", "m", {}, 2.5),
        (60.0, "m³/h", "own.flow", "L/min", {}, 1000.0),
        (1500.0, "rpm", "own.speed", "Hz", {}, 25.0),
        (1.0, "µg/m³", "gas.toxic.h2s", "mg/m3", {}, 0.001),
        (20.9, "%", "gas.oxygen", "%VOL", {}, 20.9),
        (209_000.0, "ppm", "gas.oxygen", "%VOL", {}, 20.9),
        # ppm = mg/m3 x Vm / M: CO 28.01 g/mol, H2S 34.076, NH3 17.031.
        (30.0, "mg/m3", "gas.toxic.co", "ppm", {"ref_temp_c": 20.0}, 30.0 * 24.04 / 28.010),
        (10.0, "mg/m3", "gas.toxic.h2s", "ppm", {"ref_temp_c": 25.0}, 10.0 * 24.45 / 34.076),
        (10.0, "mg/m3", "gas.toxic.h2s", "ppm", {"ref_temp_c": 0.0}, 10.0 * 22.4 / 34.076),
        (150.0, "ppm", "ammonia.ppm", "mg/m3", {"ref_temp_c": 20.0}, 150.0 * 17.031 / 24.04),
        (10.0, "mg/m3", "gas.toxic.h2s", "ppm", {"ref_temp_c": 10.0}, 10 * 22.414 * 283.15 / 273.15 / 34.076),
        (2.5, "%VOL", "gas.combustible", "%LEL", {"gas": "CH4"}, 50.0),
        (25.0, "%LEL", "gas.combustible", "%VOL", {"gas": "甲烷"}, 1.25),
        (10_000.0, "ppm", "gas.combustible", "%LEL", {"gas": "hydrogen"}, 25.0),
        (25.0, "%LEL", "ammonia.ppm", "ppm", {}, 37_500.0),
        (1.0, "LEL.m", "gas.openpath", "%LEL.m", {}, 100.0),
        (50_000.0, "ppm.m", "gas.openpath", "LEL.m", {"gas": "CH4"}, 1.0),
        (7.0, "LEL", "gas.combustible", "%LEL", {}, 7.0),
        (7.0, "anything", "own.kind", None, {}, 7.0),
    ],
)
def test_conversions(value: float, unit: str, kind: str, to: str, cells: dict[str, Any], expected: float) -> None:
    assert converted(value, unit, point(kind, to, **cells)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("unit", "kind", "to", "cells", "said"),
    [
        ("mg/m3", "gas.toxic.h2s", "ppm", {}, "the point has no ref_temp_c"),
        ("mg/m3", "gas.toxic.stuff", "ppm", {"ref_temp_c": 20.0}, "the point's gas is not known"),
        ("%VOL", "gas.combustible", "%LEL", {}, "the point's gas is not known"),
        ("%VOL", "gas.combustible", "%LEL", {"gas": "C2H2"}, "the explosive limit of C2H2 is not known"),
        ("%", "gas.combustible", "%LEL", {"gas": "CH4"}, "% can't be turned into %LEL"),
        ("%OEL", "gas.toxic.h2s", "ppm", {"ref_temp_c": 20.0}, "%OEL can't be turned into ppm"),
        ("kPa", "tank.level", "m", {}, "kPa can't be turned into m"),
        ("ppm.m", "tank.level", "m", {}, "ppm.m can't be turned into m"),
        ("furlong", "tank.level", "m", {}, "'furlong' is no unit that is known here"),
        ("10**10**10", "tank.level", "m", {}, "is no unit that is known here"),
        ("m" * 10_000, "tank.level", "m", {}, "is no unit that is known here"),
    ],
)
def test_what_cannot_be_converted_says_why(unit: str, kind: str, to: str, cells: dict[str, Any], said: str) -> None:
    found = UNITS.conversion(point(kind, to, **cells), unit)
    assert isinstance(found, str)
    assert said in found


def test_the_same_unit_in_another_spelling_changes_no_bit() -> None:
    assert UNITS.conversion(point("tank.temperature", "degC"), "℃") == SAME
    assert UNITS.conversion(point("gas.toxic.h2s", "mg/m³"), "mg/m3") == SAME
    assert UNITS.conversion(point("gas.toxic.h2s", "ppm"), "") == SAME


def test_every_symbol_of_points_csv_is_known() -> None:
    assert [symbol for symbol in KNOWN if symbol_of(symbol) is None] == []


def test_gases_by_name_formula_and_kind() -> None:
    for name, mass in (("H2S", 34.076), ("硫化氢", 34.076), ("Cl2", 70.9), ("C4H10", 58.124), ("CH3OH", 32.042)):
        gas = find_gas(name)
        assert gas is not None
        assert gas.molar_mass_g == pytest.approx(mass, abs=1e-9)
    assert [find_gas(name) for name in ("", None, "stuff", "Xx2", "x" * 1000, "H0", "()")] == [None] * 7
    kinds = {"gas.toxic.co": "CO", "ammonia.ppm": "NH3", "gas.oxygen": "O2", "gas.toxic.cl2": "Cl2"}
    assert {kind: getattr(gas_of_point(kind, None), "formula", None) for kind in kinds} == kinds
    assert gas_of_point("gas.combustible", None) is None


def test_molar_volumes_of_the_tables() -> None:
    assert [molar_volume_l(t) for t in (0.0, 20.0, 25.0)] == [22.4, 24.04, 24.45]
    assert molar_volume_l(273.15) == pytest.approx(44.828)
