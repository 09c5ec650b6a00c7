# ruff: noqa: E501 - a table of mistakes reads best with one to a line
"""Reading a site folder: what is right is read whole, what is wrong is said with its place, all at once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support.site_builder import build_site, point_ids

from plant.mistakes import InputError
from plant.site import CalendarDay, Contact, Enterprise, Point, Region, Unit
from plant.site_reader import read_site
from plant.site_reader.columns import UNIT_KINDS

POINTS = "point,unit,kind,unit_symbol,range_low,range_high,period_s,ll,l,h,hh,deadband\n"

GOOD = {
    "site.yaml": "name: County\ntimezone: Asia/Shanghai\ncentre: [40.6, 109.8]\n",
    "enterprises.csv": "enterprise,name,region\nE1,Works,\nE2,Mill,\n",
    "units.csv": "unit,enterprise,name\nU1,E1,Hall\nU2,E2,Tower\n",
    "points.csv": "point,unit,kind,period_s\nP1,U1,tank.level,5\n",
}


def write_site(directory: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in (GOOD | files).items():
        data = content if isinstance(content, bytes) else content.encode()
        (directory / name).write_bytes(data)
    return directory


def mistakes_of(directory: Path) -> list[str]:
    try:
        _, warnings = read_site(directory)
    except InputError as error:
        return [str(mistake) for mistake in error.mistakes]
    return [str(warning) for warning in warnings]


FULL = {
    "site.yaml": "name: 滨海县\ntimezone: Asia/Shanghai\ncentre: [40, 109.8]\npacks: [gas-combustible, dust-dry]\n",
    "regions.csv": "region,parent,name\nR0,,County\nR1,R0,North\n",
    "enterprises.csv": "enterprise,name,region,park,industry,lat,lon,employees\n"
    'E1,"Works, east",R1,Port,chemicals,40.6,109.8,50\n',
    "units.csv": "unit,enterprise,name,kind,hazard_level,people_500m,required,camera,lat,lon\n"
    "U1,E1,Tanks,tank_farm,2,120,tank.level gas.combustible,rtsp://cam,40.61,109.81\n",
    "points.csv": "point,unit,kind,unit_symbol,range_low,range_high,period_s,report,ll,l,h,hh,deadband,topic,key,device,gas,"
    "ref_temp_c,principle,calibration_due,tags\n"
    "P1,U1,gas.combustible,%LEL,0,100,0.5,on_change,-1e0,0,25,50,2,tocsin/v1/E1/D1/up,v,D1,CH4,20,infrared,2026-05-01,sis east\n",
    "contacts.csv": "contact,name,role,region_or_enterprise,phone,email,channels\n"
    "C1,Wang,duty,E1,+86 139 0000 0000,w@example.org,sms webhook\nC2,Li,,R1,,,\n",
    "routes.yaml": "routes: []\n",
}


def test_every_cell_is_read(tmp_path: Path) -> None:
    site, warnings = read_site(write_site(tmp_path, FULL))
    assert [str(w) for w in warnings] == ["points.csv:2: ll: warning: ll -1 lies outside the instrument's range"]
    assert (site.name, site.timezone, site.centre) == ("滨海县", "Asia/Shanghai", (40.0, 109.8))
    assert site.packs == ("gas-combustible", "dust-dry")
    assert site.regions == {"R0": Region("R0", None, "County"), "R1": Region("R1", "R0", "North")}
    assert site.enterprises == {
        "E1": Enterprise("E1", "Works, east", "R1", "Port", "chemicals", 40.6, 109.8, 50),
    }
    required = ("tank.level", "gas.combustible")
    assert site.units == {"U1": Unit("U1", "E1", "Tanks", "tank_farm", "2", 120, required, "rtsp://cam", 40.61, 109.81)}
    assert site.points["P1"] == Point(
        point="P1",
        unit="U1",
        enterprise="E1",
        kind="gas.combustible",
        unit_symbol="%LEL",
        range_low=0.0,
        range_high=100.0,
        period_s=0.5,
        report="on_change",
        ll=-1.0,
        l=0.0,
        h=25.0,
        hh=50.0,
        deadband=2.0,
        topic="tocsin/v1/E1/D1/up",
        key="v",
        device="D1",
        gas="CH4",
        ref_temp_c=20.0,
        principle="infrared",
        calibration_due="2026-05-01",
        tags=("sis", "east"),
        line=2,
    )
    assert site.contacts["C1"] == Contact(
        "C1", "Wang", "duty", "E1", "+86 139 0000 0000", "w@example.org", ("sms", "webhook")
    )
    assert site.contacts["C2"].channels == ()


def test_what_is_left_out_is_none_or_its_default(tmp_path: Path) -> None:
    site, warnings = read_site(write_site(tmp_path, {"units.csv": "unit,enterprise,name\nU1,E1,\n"}))
    assert warnings == []
    assert site.packs is None
    assert site.enterprises["E1"].region == ""
    assert (site.units["U1"].name, site.units["U1"].kind, site.units["U1"].required) == ("U1", "other", ())
    point = site.points["P1"]
    assert (point.report, point.tags, point.h, point.deadband, point.topic) == ("periodic", (), None, None, None)


def test_a_deadband_of_0_is_a_value(tmp_path: Path) -> None:
    text = POINTS + "P1,U1,tank.level,m,,,1,,,9,,0\nP2,U1,tank.level,m,,,1,,,9,,\n"
    site, _ = read_site(write_site(tmp_path, {"points.csv": text}))
    assert site.points["P1"].deadband == 0.0
    assert site.points["P2"].deadband is None


@pytest.mark.parametrize("name", ["site.yaml", "enterprises.csv", "units.csv", "points.csv"])
@pytest.mark.parametrize(
    ("label", "change"),
    [
        ("BOM", lambda text: b"\xef\xbb\xbf" + text),
        ("CRLF", lambda text: text.replace(b"\n", b"\r\n")),
        ("BOM and CRLF", lambda text: b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n")),
        ("no line end at the end", lambda text: text.rstrip(b"\n")),
        ("blank lines at the end", lambda text: text + b"\n\n"),
    ],
)
def test_other_ways_to_save_a_file_read_alike(
    tmp_path: Path, name: str, label: str, change: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "other").mkdir()
    expected = read_site(write_site(tmp_path / "plain", {}))
    assert read_site(write_site(tmp_path / "other", {name: change(GOOD[name].encode())})) == expected, label


POINT_CASES = [
    (",U1,tank.level,m,0,10,1,,,,,", "2: point: is empty, needed is the id of the point"),
    ("P 1,U1,tank.level,m,0,10,1,,,,,", "2: point: 'P 1' is not an id, allowed are 1 to 64 of A-Z a-z 0-9 . _ -"),
    ("P1,,tank.level,m,0,10,1,,,,,", "2: unit: is empty, needed is the id of the unit it stands in"),
    ("P1,U9,tank.level,m,0,10,1,,,,,", "2: unit: 'U9' is unknown, allowed are the ids of units.csv"),
    ("P1,U1,,m,0,10,1,,,,,", "2: kind: is empty, needed is the kind of what is measured, dotted, such as gas.combustible"),
    ("P1,U1,tank.level,m,0,10,,,,,,", "2: period_s: is empty, needed is the seconds between two readings"),
    ("P1,U1,tank.level,m,0,10,0,,,,,", "2: period_s: '0' is out of bounds, allowed is at least 0.001 and at most 31536000"),
    ("P1,U1,tank.level,m,0,10,-1,,,,,", "2: period_s: '-1' is out of bounds, allowed is at least 0.001 and at most 31536000"),
    ("P1,U1,tank.level,m,0,10,NaN,,,,,", "2: period_s: 'NaN' is not a number, allowed is a finite decimal number such as 12.5"),
    ("P1,U1,tank.level,m,-inf,10,1,,,,,", "2: range_low: '-inf' is not a number, allowed is a finite decimal number such as 12.5"),
    ("P1,U1,tank.level,m,0,1e999,1,,,,,", "2: range_high: '1e999' is too large for a number"),
    ("P1,U1,tank.level,m,0,1_0,1,,,,,", "2: range_high: '1_0' is not a number, allowed is a finite decimal number such as 12.5"),
    ("P1,U1,tank.level,m,0,１０,1,,,,,", "2: range_high: '１０' is not a number, allowed is a finite decimal number such as 12.5"),
    ('P1,U1,tank.level,m,0,"1,5",1,,,,,', "2: range_high: '1,5' is not a number, allowed is a finite decimal number such as 12.5"),
    ("P1,U1,tank.level,m,10,10,1,,,,,", "2: range_low: range_low 10 is not below range_high 10"),
    ("P1,U1,tank.level,m,0,10,1,,5,5,,", "2: l: l 5 is not below h 5, allowed is ll <= l < h <= hh"),
    ("P1,U1,tank.level,m,0,10,1,6,5,,,", "2: ll: ll 6 is not below l 5, allowed is ll <= l < h <= hh"),
    ("P1,U1,tank.level,m,0,10,1,5,,,5,", "2: ll: ll 5 is not below hh 5, allowed is ll <= l < h <= hh"),
    ("P1,U1,tank.level,m,0,10,1,,,7,6,", "2: h: h 7 is not below hh 6, allowed is ll <= l < h <= hh"),
    ("P1,U1,tank.level,m,0,10,1,,,7,,-0.1", "2: deadband: '-0.1' is out of bounds, allowed is at least 0"),
    ("P1,U1,tank.level,furlong,0,10,1,,,,,", "2: unit_symbol: 'furlong' is not a unit symbol, allowed are m cm mm %"),
    ("P1,U1,tank.level,kPa,0,10,1,,,,,", "2: unit_symbol: 'kPa' does not fit tank.level, allowed are m cm mm %"),
    ("P1,U1,gas.oxygen,%vol,0,10,1,,,,,", "2: unit_symbol: '%vol' is not a unit symbol, allowed are %VOL %; did you mean %VOL?"),
    ("P1,U1,tank.level,m,0,10,1,,,,", "2: the row has 11 cells, the header has 12"),
    ("P1,U1,tank.level,m,0,10,1,,,,,,", "2: the row has 13 cells, the header has 12"),
    ('P1,U1,tank.level,"m,0,10,1,,,,,', '2: a quoted cell is never closed, allowed is a closing " before the end of the file'),
    ('P1,U1,tank.level,"m"x,0,10,1,,,,,', "2: can't be read as CSV (',' expected after '\"'), allowed is a comma or a line end after a closing \", and \"\" for a \" in a cell"),
    ("P1,U1,tank.level,m,0,10,1,,,12,,", "2: h: warning: h 12 lies outside the instrument's range"),
    ("P1,U1,tank.levle,m,0,10,1,,,,,", "2: kind: warning: 'tank.levle' is taken for a kind of the site's own; did you mean tank.level?"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "expected"), POINT_CASES)
def test_one_wrong_row_of_points(tmp_path: Path, row: str, expected: str) -> None:
    found = mistakes_of(write_site(tmp_path, {"points.csv": POINTS + row + "\nP2,U1,tank.level,m,0,10,1,,,,,\n"}))
    assert found == [f"points.csv:{expected}"]


FILE_CASES = [
    ("points.csv", "", "points.csv:1: is empty, allowed is a header such as point,unit,kind,"),
    ("points.csv", "\ufeff", "points.csv:1: is empty, allowed is a header such as point,unit,kind,"),
    ("points.csv", "point,unit,kind,period_s\n", "points.csv:1: warning: holds a header and no rows"),
    ("points.csv", "point,unit,kind,periode_s\nP1,U1,tank.level,1\n", "points.csv:1: period_s: this column is missing, it holds the seconds between two readings"),
    ("points.csv", "point,unit,kind,periode_s\nP1,U1,tank.level,1\n", "points.csv:1: periode_s: unknown column 'periode_s', allowed are point, unit, kind, unit_symbol, range_low, range_high, period_s, report, ll, l, h, hh, deadband, topic, key, device, gas, ref_temp_c, principle, calibration_due, tags; did you mean period_s?"),
    ("points.csv", "point,unit,kind,period_s,h,h\nP1,U1,tank.level,1,2,3\n", "points.csv:1: h: this column stands twice in the header"),
    ("points.csv", "point;unit;kind;period_s\nP1;U1;tank.level;1\n", "points.csv:1: cells are not separated by commas, save it as CSV (RFC 4180)"),
    ("points.csv", "point,unit,kind,period_s\nP1,U1,tank.level,1\n\nP1,U2,tank.level,1\n", "points.csv:4: point: 'P1' stands twice, first on line 2"),
    ("points.csv", "point,unit,kind,period_s,report\nP1,U1,tank.level,1,sometimes\n", "points.csv:2: report: 'sometimes' is unknown, allowed are periodic, on_change"),
    ("points.csv", "point,unit,kind,period_s,calibration_due\nP1,U1,tank.level,1,2025-02-30\n", "points.csv:2: calibration_due: '2025-02-30' is not a date, allowed is YYYY-MM-DD"),
    ("points.csv", "point,unit,kind,period_s,topic,key\nP1,U1,tank.level,1,a/b,k\nP2,U2,tank.level,1,a/b,k\n", "points.csv:3: key: 'k' on this topic stands twice, first on line 2"),
    ("points.csv", "point,unit,kind,period_s,topic,key\nP1,U1,tank.level,1,a/+,k\n", "points.csv:2: topic: 'a/+' is a filter, allowed is the topic of one device, without + and #"),
    ("points.csv", "point,unit,kind,period_s,topic,key\nP1,U1,tank.level,1,tocsin/v1/E2/D/up,k\n", "points.csv:2: topic: this topic is 'E2''s, so it can't report a point of 'E1'"),
    ("points.csv", "point,unit,kind,period_s,topic\nP1,U1,tank.level,1,tocsin/v1/E1/D/up\n", "points.csv:2: key: warning: is empty, so the point is found by its id alone; allowed are topic and key together or neither"),
    ("points.csv", "point,unit,kind,period_s,key\nP1,U1,tank.level,1,k\n", "points.csv:2: topic: warning: is empty, so the key has no meaning; allowed is a key with a topic or a device"),
    ("points.csv", "point,unit,kind,period_s,device,key,topic\nP1,U1,tank.level,1,D,k,a\nP2,U1,tank.level,1,D,k,\nP3,U2,tank.level,1,D,k,\n", "points.csv:3: key: 'k' of this device stands twice, first on line 2"),
    ("points.csv", "point,unit,kind,period_s,gas\nP1,U1,tank.level,1," + "x" * 2000 + "\n", "points.csv:2: gas: 2000 characters, allowed are at most 1024"),
    ("points.csv", "point,unit,kind,period_s,gas\nP1,U1,tank.level,1," + "x" * 200_000 + "\n", "points.csv:2: a cell has more than 131072 characters; is a closing quote missing?"),
    ("points.csv", "," * 300 + "\n", "points.csv:1: is empty, allowed is a header such as point,unit,kind,"),
    ("points.csv", "x" + ",x" * 300 + "\n", "points.csv:1: the header has 301 columns, allowed are point, "),
    ("points.csv", b"point,unit,kind,period_s\nP1,U1\0,tank.level,1\n", "points.csv:2: a NUL byte, allowed is UTF-8 text"),
    ("points.csv", GOOD["points.csv"].encode("utf-16"), "points.csv:1: is UTF-16, save it as UTF-8"),
    ("points.csv", GOOD["points.csv"].encode("utf-16-le"), "points.csv:1: is UTF-16, save it as UTF-8"),
    ("enterprises.csv", "enterprise,name,region\nE1,Works,\nE2,河东化工厂,\n".encode("gbk"), "enterprises.csv:3: is GBK, save it as UTF-8"),
    ("enterprises.csv", "enterprise,name,region\nE1,Wörks,\nE2,Mill,\n".encode("latin-1"), "enterprises.csv:2: byte 0xf6 is not UTF-8, save the file as UTF-8"),
    ("enterprises.csv", "enterprise,name,region,lat,lon\nE1,,,91,0\nE2,,,1,\n", "enterprises.csv:2: lat: '91' is out of bounds, allowed is at least -90 and at most 90"),
    ("enterprises.csv", "enterprise,name,region,lat,lon\nE1,,,9,0\nE2,,,1,\n", "enterprises.csv:3: lon: is empty or wrong, allowed are lat and lon together or neither"),
    ("enterprises.csv", "enterprise,name,region,employees\nE1,,,3.5\nE2,,,\n", "enterprises.csv:2: employees: '3.5' is not a whole number of 0 or more"),
    ("units.csv", "unit,enterprise,name\nU1,E1,\nU2,E7,\n", "units.csv:3: enterprise: 'E7' is unknown, allowed are the ids of enterprises.csv"),
    ("units.csv", "unit,enterprise,name,kind\nU1,E1,,shed\nU2,E2,,\n", f"units.csv:2: kind: 'shed' is unknown, allowed are {', '.join(UNIT_KINDS)}"),
    ("regions.csv", "region,parent,name\nR1,R9,\n", "regions.csv:2: parent: 'R9' is unknown, allowed are the ids of regions.csv"),
    ("regions.csv", "region,parent,name\nR1,R2,\nR2,R3,\nR3,R2,\n", "regions.csv:3: parent: the region lies in itself (R2 > R3 > R2)"),
    ("contacts.csv", "contact,name,role,phone\nC1,,,13900000000x\n", "contacts.csv:2: phone: not a telephone number, allowed are digits, spaces, ( ) / - and a leading +"),
    ("contacts.csv", "contact,name,role,email\nC1,,,@\n", "contacts.csv:2: email: not a mail address, allowed is name@host"),
    ("contacts.csv", "contact,name,role,region_or_enterprise\nC1,,,E8\n", "contacts.csv:2: region_or_enterprise: 'E8' is unknown, allowed are the ids of enterprises.csv and regions.csv"),
    ("contact.csv", "contact,name,role\n", "contact.csv:1: warning: this file is not read, allowed are site.yaml, regions.csv, enterprises.csv, units.csv, points.csv, contacts.csv, devices.csv, calendar.csv, hazards.csv, routes.yaml; did you mean contacts.csv?"),
    ("site.yaml", "", "site.yaml:1: is empty, needed are name: and timezone:"),
    ("site.yaml", "- a\n", "site.yaml:1: is not a map of keys, needed are name: and timezone:"),
    ("site.yaml", "name: A\n", "site.yaml:1: timezone: this key is missing, allowed is an IANA name such as Asia/Shanghai"),
    ("site.yaml", "name: A\ntimezone: Asia/Shangai\n", "site.yaml:2: timezone: 'Asia/Shangai' is not a time zone, allowed is an IANA name such as Asia/Shanghai; did you mean Asia/Shanghai?"),
    ("site.yaml", "name: A\ntimezone: ../../etc/passwd\n", "site.yaml:2: timezone: '../../etc/passwd' is not a time zone, allowed is an IANA name such as Asia/Shanghai"),
    ("site.yaml", "name: A\ntimezone: Asia\n", "site.yaml:2: timezone: 'Asia' is not a time zone, allowed is an IANA name such as Asia/Shanghai"),
    ("site.yaml", "name: 5\ntimezone: UTC\n", "site.yaml:1: name: '5' can't be used, allowed is text of 1 to 256 characters"),
    ("site.yaml", "name: A\ntimezone: UTC\ncenter: [1, 2]\n", "site.yaml:3: center: unknown key, allowed are name, timezone, centre, packs; did you mean centre?"),
    ("site.yaml", "name: A\ntimezone: UTC\ncentre:\n- 100\n- 0\n", "site.yaml:4: centre: '100' can't be used, allowed is [latitude, longitude] in degrees"),
    ("site.yaml", "name: A\ntimezone: UTC\ncentre: [1]\n", "site.yaml:3: centre: '[1]' can't be used, allowed is [latitude, longitude] in degrees"),
    ("site.yaml", "name: A\ntimezone: UTC\ncentre: [1, .nan]\n", "site.yaml:3: centre: 'nan' can't be used, allowed is [latitude, longitude] in degrees"),
    ("site.yaml", "name: A\ntimezone: UTC\npacks: dust-dry\n", "site.yaml:3: packs: 'dust-dry' can't be used, allowed is a list of pack names, [] for none"),
    ("site.yaml", "name: A\ntimezone: UTC\nname: B\n", "site.yaml:3: the key 'name' stands twice, first on line 1"),
    ("site.yaml", "name: [A\ntimezone: UTC\n", "site.yaml:2: is not YAML: expected ',' or ']', but got ':'"),
    ("site.yaml", "name: &a [x, x]\npacks: [*a, *a]\n", "site.yaml:2: *a is an alias, write the value itself"),
    ("site.yaml", "name: !!python/name:os.system x\n", "site.yaml:1: a tag (!...), allowed are plain values"),
    ("site.yaml", "[" * 5000, "site.yaml:1: nested more than 40 levels deep"),
    ("site.yaml", "name: A\n---\nname: B\n", "site.yaml:2: is not YAML: but found another document"),
    ("site.yaml", "name: 2025-02-30\ntimezone: UTC\n", "site.yaml:1: '2025-02-30' can't be read, put it in quotes"),
    ("site.yaml", "x" * 1_000_001, "site.yaml:1: 1000001 characters, allowed are at most 1000000"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "expected"), FILE_CASES)
def test_one_wrong_file(tmp_path: Path, name: str, content: str | bytes, expected: str) -> None:
    found = mistakes_of(write_site(tmp_path, {name: content}))
    assert any(mistake == expected or (len(expected) > 40 and mistake.startswith(expected)) for mistake in found), found


def test_an_unknown_region_is_wrong_only_where_regions_are_listed(tmp_path: Path) -> None:
    enterprises = {"enterprises.csv": "enterprise,name,region\nE1,,North\nE2,,\n"}
    assert mistakes_of(write_site(tmp_path, enterprises)) == []
    assert mistakes_of(write_site(tmp_path, enterprises | {"regions.csv": "region,parent,name\nSouth,,\n"})) == [
        "enterprises.csv:2: region: 'North' is unknown, allowed are the ids of regions.csv"
    ]


def test_all_mistakes_come_at_once_in_the_order_of_the_files(tmp_path: Path) -> None:
    files = {
        "site.yaml": "timezone: Mars\nnam: A\n",
        "enterprises.csv": "enterprise,name,region\nE1,,\nE1,,\n",
        "units.csv": "unit,enterprise,name\nU1,E5,\n",
        "points.csv": POINTS + "P1,U8,tank.level,m,0,x,1,,,,,\nP1,U1,tank.level,m,0,10,,,9,8,,\n",
    }
    assert mistakes_of(write_site(tmp_path, files)) == [
        "enterprises.csv:3: enterprise: 'E1' stands twice, first on line 2",
        "points.csv:2: range_high: 'x' is not a number, allowed is a finite decimal number such as 12.5",
        "points.csv:2: unit: 'U8' is unknown, allowed are the ids of units.csv",
        "points.csv:3: l: l 9 is not below h 8, allowed is ll <= l < h <= hh",
        "points.csv:3: period_s: is empty, needed is the seconds between two readings",
        "points.csv:3: point: 'P1' stands twice, first on line 2",
        "site.yaml:1: name: this key is missing, allowed is text of 1 to 256 characters",
        "site.yaml:1: timezone: 'Mars' is not a time zone, allowed is an IANA name such as Asia/Shanghai",
        "site.yaml:2: nam: unknown key, allowed are name, timezone, centre, packs; did you mean name?",
        "units.csv:2: enterprise: 'E5' is unknown, allowed are the ids of enterprises.csv",
    ]


def test_a_file_that_cannot_be_read_does_not_make_every_reference_to_it_wrong(tmp_path: Path) -> None:
    found = mistakes_of(write_site(tmp_path, {"units.csv": b"\xff\xfeu"}))
    assert found == ["units.csv:1: is UTF-16, save it as UTF-8"]


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    needed = "needed are site.yaml, enterprises.csv, units.csv, points.csv"
    assert mistakes_of(tmp_path) == [
        f"{name}:1: no such file, {needed}" for name in ("enterprises.csv", "points.csv", "site.yaml", "units.csv")
    ]
    assert "no such folder" in mistakes_of(tmp_path / "nowhere")[0]
    write_site(tmp_path, {})
    (tmp_path / "points.csv").unlink()
    (tmp_path / "points.csv").mkdir()
    assert mistakes_of(tmp_path) == ["points.csv:1: is not a file"]


def test_a_telephone_number_is_never_shown(tmp_path: Path) -> None:
    text = "contact,name,role,phone,email\nC1,,,139-1234-567x,secret\n"
    for mistake in mistakes_of(write_site(tmp_path, {"contacts.csv": text})):
        assert "1234" not in mistake
        assert "secret" not in mistake


def test_the_line_is_where_the_row_begins(tmp_path: Path) -> None:
    text = 'enterprise,name,region\nE1,"two\nlines",\nE2,,\nE 3,,\n'
    found = mistakes_of(write_site(tmp_path, {"enterprises.csv": text}))
    assert [mistake.split(": ")[0] for mistake in found] == ["enterprises.csv:5"]


def test_a_built_site_reads_without_a_word(tmp_path: Path) -> None:
    site, warnings = read_site(build_site(tmp_path, 2000, 7))
    assert warnings == []
    assert list(site.points) == point_ids(2000, 7)
    assert len({(p.topic, p.key) for p in site.points.values()}) == 2000


def test_a_row_of_empty_cells_is_passed_over(tmp_path: Path) -> None:
    site, warnings = read_site(write_site(tmp_path, {"points.csv": GOOD["points.csv"] + ",,,\n"}))
    assert (len(site.points), warnings) == (1, [])


@pytest.mark.timeout(60)
def test_a_ring_of_many_regions_is_said_once_and_soon(tmp_path: Path) -> None:
    n = 100_000
    rows = "".join(f"R{i},R{(i + 1) % n},\n" for i in range(n))
    found = mistakes_of(write_site(tmp_path, {"regions.csv": "region,parent,name\n" + rows}))
    assert found == [
        "regions.csv:2: parent: the region lies in itself (R0 > R1 > R2 > R3 > R4 > R5 > R6 > R7 > ... > R0)"
    ]


def test_the_calendar_is_read_by_date(tmp_path: Path) -> None:
    rows = "date,kind,name\n2024-10-01,holiday,National Day\n2024-10-12,workday,\n"
    site, _ = read_site(write_site(tmp_path, {"calendar.csv": rows}))
    assert site.calendar == {
        "2024-10-01": CalendarDay("2024-10-01", "holiday", "National Day"),
        "2024-10-12": CalendarDay("2024-10-12", "workday"),
    }


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("2024-13-01,holiday,", "calendar.csv:2: date: '2024-13-01' is not a date, allowed is YYYY-MM-DD"),
        ("2024-10-01,feast,", "calendar.csv:2: kind: 'feast' is unknown, allowed are holiday, workday"),
        ("2024-10-01,,", "calendar.csv:2: kind:"),
        (
            "2024-10-01,holiday,\n2024-10-01,workday,",
            "calendar.csv:3: date: '2024-10-01' stands twice, first on line 2",
        ),
    ],
)
def test_a_wrong_day_of_the_calendar(tmp_path: Path, row: str, expected: str) -> None:
    found = mistakes_of(write_site(tmp_path, {"calendar.csv": f"date,kind,name\n{row}\n"}))
    assert [mistake[: len(expected)] for mistake in found] == [expected]
