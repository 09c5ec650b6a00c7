"""Units on screens."""

import pytest

from tocsin.console.units import unit_sign


@pytest.mark.parametrize(
    ("symbol", "sign"),
    [
        ("degC", "°C"),
        ("degC/s", "°C/s"),
        ("mg/m3", "mg/m³"),
        ("Nm3/h", "Nm³/h"),
        ("m3", "m³"),
        ("ug/m3", "µg/m³"),
        ("%LEL", "%LEL"),
        ("LEL.m", "LEL.m"),
        ("m", "m"),
        ("degree", "degree"),
        ("1", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_units_are_written_as_people_write_them(symbol: str | None, sign: str) -> None:
    assert unit_sign(symbol) == sign
