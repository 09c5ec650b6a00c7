"""The schemas say of a site what the reader says."""

from typing import Any

import jsonschema
import pytest

from plant.schemas import site_schema

SCHEMA = site_schema()


def test_it_is_a_schema_and_holds_one_for_each_file() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert set(SCHEMA["$defs"]) >= {"points.csv", "units.csv", "enterprises.csv", "regions.csv", "contacts.csv"}


@pytest.mark.parametrize(
    ("settings", "fits"),
    [
        ({"name": "A", "timezone": "UTC"}, True),
        ({"name": "A", "timezone": "UTC", "centre": [40.6, 109.8], "packs": []}, True),
        ({"name": "A"}, False),
        ({"name": "A", "timezone": "UTC", "centre": [91, 0]}, False),
        ({"name": "A", "timezone": "UTC", "center": [1, 0]}, False),
    ],
)
def test_site_yaml(settings: dict[str, Any], fits: bool) -> None:
    assert jsonschema.Draft202012Validator(SCHEMA).is_valid(settings) is fits


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({}, True),
        ({"report": "on_change", "h": 3.5, "tags": ["sis"]}, True),
        ({"period_s": 0}, False),
        ({"deadband": -1}, False),
        ({"point": "P 1"}, False),
        ({"report": "never"}, False),
        ({"colour": "red"}, False),
    ],
)
def test_a_row_of_points(change: dict[str, Any], fits: bool) -> None:
    row = {"point": "P1", "unit": "U1", "kind": "tank.level", "period_s": 1} | change
    assert jsonschema.Draft202012Validator(SCHEMA["$defs"]["points.csv"]).is_valid(row) is fits
