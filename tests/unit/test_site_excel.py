"""A site folder as a workbook and back; workbooks that other programs and hostile hands made."""

import csv
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from support.site_builder import build_site

from plant.mistakes import InputError
from plant.site import Site
from plant.site_reader import read_site
from simulators import write_county
from tocsin.excel import export_site, import_site


def _site(directory: Path) -> Site:
    site = read_site(directory)[0]
    return replace(site, points={name: replace(point, line=0) for name, point in site.points.items()})


def _workbook(path: Path, **sheets: list[list[object]]) -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


SITE = [["key", "value"], ["name", "Test"], ["timezone", "Asia/Shanghai"]]
ENTERPRISES = [["enterprise", "name", "region"], ["E1", "Works", "north"]]
UNITS = [["unit", "enterprise", "name"], ["U1", "E1", "Hall"]]
POINTS = [["point", "unit", "kind", "period_s"], ["P1", "U1", "gas.oxygen", 1]]


def test_a_county_comes_back_as_it_was(tmp_path: Path) -> None:
    write_county(tmp_path / "a")
    assert export_site(tmp_path / "a", tmp_path / "a.xlsx") > 247
    written, warnings = import_site(tmp_path / "a.xlsx", tmp_path / "b")
    assert "points.csv" in written
    assert warnings == []
    assert _site(tmp_path / "b") == _site(tmp_path / "a")


NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=30)


@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    name=NAMES.map(str.strip).filter(bool),
    unit_name=st.sampled_from(["=1+1", "007", "1e5", "2024-01-01", "TRUE", "#N/A?", "两行\n字", '"', "a,b", "-3"]),
    high=st.floats(-1e300, 1e300).map(lambda v: v + 0.0),
    phone=st.from_regex(r"0[0-9]{5,15}", fullmatch=True),
)
def test_any_text_and_any_number_come_back(
    tmp_path_factory: pytest.TempPathFactory, name: str, unit_name: str, high: float, phone: str
) -> None:
    folder = tmp_path_factory.mktemp("excel")
    build_site(folder / "a", 2, 1)
    _csv(folder / "a" / "units.csv", [["unit", "enterprise", "name", "camera"], ["E0001-U1", "E0001", unit_name, name]])
    _csv(folder / "a" / "contacts.csv", [["contact", "name", "role", "phone"], ["C1", name, "duty", phone]])
    _csv(
        folder / "a" / "points.csv",
        [["point", "unit", "kind", "period_s", "h", "key"], ["0001", "E0001-U1", "gas.oxygen", "0.1", repr(high), "7"]],
    )
    export_site(folder / "a", folder / "a.xlsx")
    import_site(folder / "a.xlsx", folder / "b")
    assert _site(folder / "b") == _site(folder / "a")


def _csv(path: Path, rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8", newline="")


def test_sheets_as_other_programs_write_them(tmp_path: Path) -> None:
    """Titles above the header, whole numbers as floats, empty rows and columns, a sheet of notes."""
    file = _workbook(
        tmp_path / "a.xlsx",
        Site=SITE,
        **{"enterprises.csv": [["企业表"], [], *ENTERPRISES]},
        units=UNITS,
        points=[["points of the plant"], [*POINTS[0], None, None], [], [12.0, "U1", "gas.oxygen", 2.0, None]],
        notes=[["anything"]],
    )
    _, warnings = import_site(file, tmp_path / "site")
    assert [(w.file, w.level) for w in warnings] == [("notes!A1", "warning")]
    points = _site(tmp_path / "site").points
    assert list(points) == ["12"]
    assert points["12"].period_s == 2.0


def test_mistakes_stand_at_their_cells_and_nothing_is_written(tmp_path: Path) -> None:
    bad = [["title"], *POINTS, ["P2", "U9", "gas.oxygen", 1], ["P 3", "U1", "gas.oxygen", "often"]]
    file = _workbook(tmp_path / "a.xlsx", site=SITE, enterprises=ENTERPRISES, units=UNITS, points=bad)
    with pytest.raises(InputError) as caught:
        import_site(file, tmp_path / "site")
    places = {mistake.file for mistake in caught.value.mistakes}
    assert {"points!B4", "points!A5", "points!D5"} <= places
    assert not (tmp_path / "site").exists()


def test_a_formula_without_its_result_is_a_mistake_and_not_an_empty_cell(tmp_path: Path) -> None:
    file = _workbook(
        tmp_path / "a.xlsx",
        site=SITE,
        enterprises=ENTERPRISES,
        units=UNITS,
        points=[[*POINTS[0], "h"], ["P1", "U1", "gas.oxygen", 1, "=5*5"]],
    )
    with pytest.raises(InputError, match=r"points!E2.*formula without its result"):
        import_site(file, tmp_path / "site")


@pytest.mark.parametrize("typed", [88888880000001234, 123456789012345678901234, 1e22])
def test_a_long_device_number_that_was_typed_as_a_number_is_a_mistake(tmp_path: Path, typed: float) -> None:
    sheets: dict[str, list[list[object]]] = {
        "site": [["name", "T"], ["timezone", "Asia/Shanghai"]],
        "enterprises": [["enterprise", "name", "region"], ["E1", "", ""]],
        "units": [["unit", "enterprise", "name"], ["U1", "E1", ""]],
        "points": [["point", "unit", "kind", "period_s", "key", "device"], ["P1", "U1", "gas.oxygen", "10", 7, typed]],
    }
    with pytest.raises(InputError, match=r"points!F2.*15 digits"):
        import_site(_workbook(tmp_path / "a.xlsx", **sheets), tmp_path / "site")
    sheets["points"][1][5] = "88888880000001234"
    import_site(_workbook(tmp_path / "b.xlsx", **sheets), tmp_path / "site")
    point = read_site(tmp_path / "site")[0].points["P1"]
    assert (point.device, point.key, point.period_s) == ("88888880000001234", "7", 10.0)


def test_files_that_are_there_are_replaced_only_when_told(tmp_path: Path) -> None:
    build_site(tmp_path / "site", 3, 1, rules={"a.yaml": "rules: []\n"})
    file = _workbook(tmp_path / "a.xlsx", enterprises=ENTERPRISES, units=UNITS, points=POINTS)
    with pytest.raises(InputError, match="--force"):
        import_site(file, tmp_path / "site")
    assert len(_site(tmp_path / "site").points) == 3
    import_site(file, tmp_path / "site", force=True)
    assert list(_site(tmp_path / "site").points) == ["P1"]
    assert (tmp_path / "site" / "rules" / "a.yaml").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"point,unit\n", bytes(range(256)) * 40])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(InputError, match="is no Excel workbook"):
        import_site(tmp_path / "a.xlsx", tmp_path / "site")


def test_a_zip_bomb_macros_and_a_broken_workbook_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as package:
        for n in range(9):
            package.writestr(f"xl/{n}.xml", bytes(64 << 20))
    with pytest.raises(InputError, match="unpacks to more"):
        import_site(tmp_path / "bomb.xlsx", tmp_path / "site")
    good = _workbook(tmp_path / "good.xlsx", points=POINTS)
    with zipfile.ZipFile(good) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    _package(tmp_path / "macro.xlsx", {**parts, "xl/vbaProject.bin": b"x"})
    with pytest.raises(InputError, match="macros"):
        import_site(tmp_path / "macro.xlsx", tmp_path / "site")
    for name in parts:
        _package(tmp_path / "broken.xlsx", {**parts, name: parts[name][: len(parts[name]) // 2]})
        with pytest.raises(InputError):
            import_site(tmp_path / "broken.xlsx", tmp_path / "site")


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    good = _workbook(tmp_path / "good.xlsx", points=POINTS)
    with zipfile.ZipFile(good) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY e0 "x">{levels}]><sst><si><t>&e11;</t></si></sst>'
    _package(tmp_path / "bomb.xlsx", {**parts, "xl/sharedStrings.xml": bomb.encode()})
    with pytest.raises(InputError):
        import_site(tmp_path / "bomb.xlsx", tmp_path / "site")


def test_a_declared_size_of_millions_costs_nothing(tmp_path: Path) -> None:
    good = _workbook(tmp_path / "a.xlsx", site=SITE, enterprises=ENTERPRISES, units=UNITS, points=POINTS)
    with zipfile.ZipFile(good) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    for name, content in parts.items():
        parts[name] = content.replace(b'ref="A1:D2"', b'ref="A1:XFD1048576"')
    _package(tmp_path / "huge.xlsx", parts)
    import_site(tmp_path / "huge.xlsx", tmp_path / "site")
    assert list(_site(tmp_path / "site").points) == ["P1"]


def _package(path: Path, parts: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)


def test_an_export_explains_itself(tmp_path: Path) -> None:
    write_county(tmp_path / "a")
    export_site(tmp_path / "a", tmp_path / "a.xlsx")
    book = load_workbook(tmp_path / "a.xlsx")
    points = book["points"]
    assert points.freeze_panes == "B2"
    assert points["A1"].comment is not None
    assert points["A1"].font.bold
    assert {v.formula1 for v in points.data_validations.dataValidation} == {"lists!$B$1:$B$21", "lists!$C$1:$C$2"}
    assert book["lists"].sheet_state == "hidden"
