"""The demo county as a site folder: twelve made-up enterprises in three made-up towns, the same every time.

Every name is fictional, and the coordinates lie in the open sea, so that no board can point at a real plant.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

CENTRE: Final = (29.500, 123.500)

_SITE_YAML = """\
# A made-up county. Names are fictional; the coordinates lie in the open sea.
name: 云汀区（虚构） Yunting District (fictional)
timezone: Asia/Shanghai
centre: [29.500, 123.500]
packs: [data-health, gas-combustible, gas-oxygen, gas-toxic, tank, dust-dry]
"""

_REGIONS = (
    ("yunting", "", "云汀区（虚构） Yunting District (fictional)"),
    ("north", "yunting", "北汀镇 North Town"),
    ("middle", "yunting", "中汀镇 Middle Town"),
    ("south", "yunting", "南汀镇 South Town"),
)

_ENTERPRISES = (
    # id, name, region, industry, employees, unit kinds
    ("E01", "示例甲涂料厂 Coatings A", "north", "coatings", 120, "workshop workshop warehouse"),
    ("E02", "示例乙液化气站 LPG Depot B", "north", "lpg", 36, "tank_farm tank_farm gas_station"),
    (
        "E03",
        "示例丙家具厂 Furniture C",
        "north",
        "furniture",
        210,
        "dust_collector dust_collector dust_collector workshop",
    ),
    ("E04", "示例丁抛光厂 Polishing D", "north", "metal polishing", 85, "dust_collector dust_collector dust_collector"),
    ("E05", "示例戊精细化工 Fine Chemicals E", "middle", "chemicals", 160, "reactor reactor tank_farm warehouse"),
    ("E06", "示例己铸造厂 Foundry F", "middle", "casting", 190, "furnace furnace furnace"),
    ("E07", "示例庚污水厂 Water Works G", "middle", "water", 42, "confined_space confined_space confined_space"),
    ("E08", "示例辛饲料厂 Feed Mill H", "middle", "feed", 75, "dust_collector dust_collector dust_collector warehouse"),
    ("E09", "示例壬溶剂库 Solvents I", "south", "solvents", 58, "tank_farm tank_farm reactor workshop"),
    ("E10", "示例癸油品 Fuels J", "south", "fuel retail", 33, "gas_station gas_station gas_station"),
    ("E11", "示例子玻璃厂 Glass K", "south", "glass", 145, "furnace furnace tank_farm"),
    ("E12", "示例丑印刷厂 Printing L", "south", "printing", 98, "workshop workshop warehouse"),
)

_UNIT_NAMES = {
    "workshop": "车间 Workshop",
    "warehouse": "仓库 Warehouse",
    "tank_farm": "罐区 Tank farm",
    "gas_station": "加气加油站 Filling station",
    "dust_collector": "除尘器 Dust collector",
    "reactor": "反应釜 Reactor",
    "furnace": "炉 Furnace",
    "confined_space": "有限空间 Confined space",
}


@dataclass(frozen=True, slots=True)
class _Kind:
    """A point kind as the demo county uses it; limits are made-up site values, "" where a pack's own stand."""

    symbol: str
    low: float
    high: float
    period_s: float
    ll: float | str = ""
    l: float | str = ""  # noqa: E741 - the level's standard name
    h: float | str = ""
    hh: float | str = ""
    deadband: float | str = ""
    gas: str = ""
    principle: str = ""


_KINDS: Final = {
    "gas.combustible": _Kind("%LEL", 0, 100, 2, gas="ch4", principle="catalytic"),
    "gas.toxic.co": _Kind("mg/m3", 0, 300, 2, h=20, hh=40, deadband=2, gas="co", principle="electrochemical"),
    "gas.toxic.h2s": _Kind("mg/m3", 0, 100, 2, h=10, hh=20, deadband=1, gas="h2s", principle="electrochemical"),
    "gas.oxygen": _Kind("%VOL", 0, 30, 2, gas="o2", principle="electrochemical"),
    "tank.level": _Kind("m", 0, 12, 5, ll=1, l=1.5, h=10, hh=10.8, deadband=0.2),
    "tank.temperature": _Kind("degC", -20, 80, 10, h=45, hh=55, deadband=1),
    "tank.pressure": _Kind("kPa", 0, 1600, 5, h=1200, hh=1400, deadband=30),
    "dust.dp": _Kind("Pa", 0, 3000, 2, h=1500, hh=2000, deadband=50),
    "dust.inlet_temperature": _Kind("degC", 0, 150, 2),
    "dust.hopper_temperature": _Kind("degC", 0, 150, 5, h=70, hh=85, deadband=2),
    "dust.spark": _Kind("1", 0, 1, 1),
}

_VESSEL = ("tank.level", "tank.temperature", "tank.pressure")
_FITTINGS: Final[dict[str, tuple[tuple[str, tuple[str, ...]], ...]]] = {
    # unit kind -> its devices and what each measures
    "workshop": (("G1", ("gas.combustible",) * 3), ("G2", ("gas.combustible",) * 3)),
    "warehouse": (("G1", ("gas.combustible",) * 4),),
    "tank_farm": (("T1", _VESSEL), ("T2", _VESSEL), ("T3", _VESSEL), ("G1", ("gas.combustible",) * 4)),
    "gas_station": (("T1", ("tank.level",)), ("T2", ("tank.level",)), ("G1", ("gas.combustible",) * 3)),
    "dust_collector": (
        ("D1", ("dust.dp", "dust.inlet_temperature", "dust.hopper_temperature")),
        ("S1", ("dust.spark",)),
    ),
    "reactor": (("G1", ("gas.combustible",) * 4 + ("gas.toxic.h2s",) * 2), ("T1", _VESSEL)),
    "furnace": (("G1", ("gas.toxic.co",) * 4 + ("gas.oxygen",)),),
    "confined_space": (("G1", ("gas.toxic.h2s", "gas.oxygen", "gas.combustible")),),
}


def write_county(directory: Path) -> list[Path]:
    """Write the demo county into a folder (made if needed, its files replaced); returns the files written."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "rules").mkdir(exist_ok=True)
    texts = {
        "site.yaml": _SITE_YAML,
        "rules/county.yaml": (resources.files("simulators") / "county_rules.yaml").read_text("utf-8"),
    }
    tables: dict[str, tuple[str, Iterator[tuple[object, ...]]]] = {
        "regions.csv": ("region,parent,name", iter(_REGIONS)),
        "enterprises.csv": ("enterprise,name,region,industry,lat,lon,employees", _enterprises()),
        "units.csv": ("unit,enterprise,name,kind,people_500m,required,lat,lon", _units()),
        "points.csv": (
            "point,unit,kind,unit_symbol,range_low,range_high,period_s,ll,l,h,hh,deadband,topic,key,device,gas,principle",
            _points(),
        ),
        "contacts.csv": ("contact,name,role,region_or_enterprise,phone,channels", _contacts()),
    }
    for name, text in texts.items():
        (directory / name).write_text(text, encoding="utf-8")
    for name, (header, rows) in tables.items():
        with (directory / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header.split(","))
            writer.writerows(rows)
    return [directory / name for name in (*texts, *tables)]


def _place(number: int, of: int, spread: float) -> tuple[float, float]:
    """A place on a grid around the centre."""
    row, column = divmod(number, of)
    return round(CENTRE[0] + spread * (1 - row), 5), round(CENTRE[1] + spread * (column - 1.5), 5)


def _enterprises() -> Iterator[tuple[object, ...]]:
    for n, (enterprise, name, region, industry, employees, _) in enumerate(_ENTERPRISES):
        yield (enterprise, name, region, industry, *_place(n, 4, 0.03), employees)


def _unit_list() -> Iterator[tuple[str, str, str, float, float]]:
    """(unit, enterprise, kind, lat, lon)."""
    for n, (enterprise, *_, kinds) in enumerate(_ENTERPRISES):
        lat, lon = _place(n, 4, 0.03)
        for m, kind in enumerate(str(kinds).split()):
            yield f"{enterprise}-U{m + 1}", enterprise, kind, round(lat + 0.002 * m, 5), round(lon + 0.002 * m, 5)


def _units() -> Iterator[tuple[object, ...]]:
    for unit, enterprise, kind, lat, lon in _unit_list():
        required = " ".join(sorted({k for _, kinds in _FITTINGS[kind] for k in kinds}))
        yield unit, enterprise, f"{unit[-1]}号{_UNIT_NAMES[kind]} {unit[-1]}", kind, 40, required, lat, lon


def _points() -> Iterator[tuple[object, ...]]:
    for unit, enterprise, unit_kind, _, _ in _unit_list():
        for device, kinds in _FITTINGS[unit_kind]:
            for n, name in enumerate(kinds):
                k = _KINDS[name]
                topic = f"tocsin/v1/{enterprise}/{unit}-{device}/up"
                key = f"{name.rpartition('.')[2]}{n + 1}"
                yield (
                    *(f"{unit}-{device}-{n + 1}", unit, name, k.symbol, k.low, k.high, k.period_s),
                    *(k.ll, k.l, k.h, k.hh, k.deadband, topic, key, f"{unit}-{device}", k.gas, k.principle),
                )


def _contacts() -> Iterator[tuple[object, ...]]:
    """Numbers that nobody has: eleven digits that end in a row of zeros."""
    yield "C00", "示例值班员 Example duty officer", "duty", "yunting", "13800000000", "sms"
    for n, (enterprise, *_) in enumerate(_ENTERPRISES, start=1):
        yield f"C{n:02}", f"示例安全员 Example safety officer {n}", "safety", enterprise, f"138000000{n:02}", "sms"
