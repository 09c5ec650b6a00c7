"""Which sheets a workbook of a site has, and how their names are read."""

from typing import Final

from plant.site_reader.columns import TABLES

SITE_SHEET: Final = "site"
"""Rows of key and value: the keys of site.yaml."""

LISTS_SHEET: Final = "lists"
"""Hidden: the words that cells may be chosen from."""

TABLE_SHEETS: Final = {file.removesuffix(".csv"): file for file in TABLES}
"""Sheet -> file."""


def sheet_of(title: str) -> str:
    """The sheet that a title means: case, blanks around it and an ending .csv don't count."""
    return title.strip().lower().removesuffix(".csv")
