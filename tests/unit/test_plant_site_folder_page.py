"""The reference page of the site folder names every file, column, unit kind and unit symbol that the reader knows."""

from pathlib import Path

import pytest

from plant.site_reader.columns import TABLES, UNIT_KINDS
from plant.site_reader.unit_symbols import KNOWN

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "site-folder.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", TABLES)
def test_columns(file: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{file}` |") and "**" in line)
    cells = row.split("|")[2].split(",")
    assert [cell.strip(" *") for cell in cells] == [column.name for column in TABLES[file]]
    needed = [cell.strip(" *") for cell in cells if "**" in cell]
    assert needed == [column.name for column in TABLES[file] if column.needed]


def test_unit_kinds_and_symbols() -> None:
    words = set(PAGE.replace(",", " ").replace("|", " ").replace(".\n", " ").split())
    assert [kind for kind in UNIT_KINDS if kind not in words] == []
    plain = {symbol.replace("³", "3").replace("µ", "u") for symbol in KNOWN}
    assert sorted(plain - words) == []
