"""`tocsin points`: an unknown device becomes rows of points.csv, or nothing changes and the reason is told."""

import json
from pathlib import Path

import pytest
from support.command import tocsin
from support.data_folder import make_data_folder

from ingest import unknown_store
from ingest.unknown import UnknownDevices
from plant.site_reader import read_site
from tocsin.log.layout import UNKNOWN
from tocsin.onboarding.points_file import with_rows

NOW_MS = 1_732_190_000_500
TOPIC = "tocsin/v1/E002/NEW/up"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_data_folder(tmp_path)
    unknown = UnknownDevices()
    for n in range(3):
        unknown.note(TOPIC, "NEW", "E002", [("inlet_temp", 31.5, "°C"), ("xyz", 4.0, "")], NOW_MS + 5000 * n)
    unknown.note("spBv1.0/G/DDATA/N/D", "G/N/D", "", [("O2", 20.5, "")], NOW_MS)
    unknown_store.save(unknown, tmp_path / "data" / UNKNOWN, NOW_MS)
    return tmp_path


def _adopt(folder: Path, device: str, *more: object) -> object:
    return tocsin("points", "adopt", device, "--site", folder / "site", "--data", folder / "data", *more)


def test_the_table_and_the_json_show_what_they_send(folder: Path) -> None:
    shown = tocsin("points", "unknown", "--data", folder / "data")
    assert shown.code == 0
    for word in ("NEW", TOPIC, "inlet_temp", "dust.inlet_temperature", "G/N/D", "gas.oxygen", "5 s"):
        assert word in shown.out
    lines = tocsin("points", "unknown", "--data", folder / "data", "--json").out.splitlines()
    by_device = {line["device"]: line for line in map(json.loads, lines)}
    assert by_device["NEW"]["keys"]["inlet_temp"]["guess"] == {"kind": "dust.inlet_temperature", "certainty": 3}
    assert by_device["NEW"]["keys"]["xyz"]["guess"] is None
    assert by_device["NEW"]["period_s"] == 5.0


def test_a_device_is_adopted(folder: Path) -> None:
    before = (folder / "site" / "points.csv").read_text(encoding="utf-8")
    unit = next(u.unit for u in read_site(folder / "site")[0].units.values() if u.enterprise == "E002")
    done = _adopt(folder, "NEW", "--kind", "xyz=my.kind", "--unit", unit, "--yes")
    assert done.code == 0, done.err
    assert "+NEW-inlet_temp" in done.out
    after = (folder / "site" / "points.csv").read_text(encoding="utf-8")
    assert after.startswith(before.split("\n", 1)[0].rstrip("\r"))
    points = read_site(folder / "site")[0].points
    point = points["NEW-inlet_temp"]
    assert (point.unit, point.topic, point.key, point.device) == (unit, TOPIC, "inlet_temp", "NEW")
    assert (point.kind, point.unit_symbol, point.period_s) == ("dust.inlet_temperature", "°C", 5.0)
    assert points["NEW-xyz"].kind == "my.kind"
    again = _adopt(folder, "NEW", "--kind", "xyz=my.kind", "--unit", unit, "--yes")
    assert again.code == 2  # two points of one topic and key
    assert (folder / "site" / "points.csv").read_text(encoding="utf-8") == after


@pytest.mark.parametrize(
    ("device", "options", "said"),
    [
        ("NEW", (), "--kind xyz=KIND"),
        ("NEW", ("--kind", "xyz"), "KEY=KIND"),
        ("NEW", ("--kind", "other=gas.oxygen"), "sends no other"),
        ("NEW", ("--leave-out", "xyz", "--unit", "nowhere"), "no unit nowhere"),
        ("NEW", ("--kind", "xyz=not a kind", "--unit", "E002"), ""),
        ("G/N/D", (), "--unit"),
        ("nobody", (), "no unknown device"),
    ],
)
def test_what_is_missing_is_told_and_nothing_changes(
    folder: Path, device: str, options: tuple[str, ...], said: str
) -> None:
    before = (folder / "site" / "points.csv").read_bytes()
    done = _adopt(folder, device, *options, "--yes")
    assert done.code == 2
    assert said in done.err
    assert (folder / "site" / "points.csv").read_bytes() == before


def test_a_unit_of_another_enterprise_is_refused(folder: Path) -> None:
    units = read_site(folder / "site")[0].units.values()
    foreign = next(u.unit for u in units if u.enterprise != "E002")
    done = _adopt(folder, "NEW", "--leave-out", "xyz", "--unit", foreign, "--yes")
    assert done.code == 2
    assert "publishes under E002" in done.err


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_keep_the_files_columns_and_line_ends(end: str) -> None:
    text = end.join(["kind,point,unit,period_s,tags", '"a, b",P1,U1,1,', "gas.oxygen,P2,U1,1,x"])
    row = {"point": "P3", "unit": "U1", "kind": "k", "period_s": "2"}
    assert with_rows(text, [row]) == text + end + "k,P3,U1,2," + end
    wider = with_rows(text, [{**row, "key": "v"}])
    assert wider.split(end)[0] == "kind,point,unit,period_s,tags,key"
    assert wider.split(end)[1] == '"a, b",P1,U1,1,,'
    assert wider.split(end)[3] == "k,P3,U1,2,,v"
