"""Makes site folders of any size, the same for the same arguments."""

from collections.abc import Iterable, Mapping
from pathlib import Path

SITE_YAML = "name: Test county\ntimezone: Asia/Shanghai\ncentre: [40.6, 109.8]\npacks: []\n"

KINDS = (
    # kind, unit_symbol, range_low, range_high, ll, l, h, hh, deadband
    ("gas.combustible", "%LEL", "0", "100", "", "", "25", "50", "2"),
    ("gas.toxic.h2s", "mg/m3", "0", "50", "", "", "10", "20", "1"),
    ("gas.oxygen", "%VOL", "0", "30", "", "19.5", "23.5", "", "0.2"),
    ("tank.level", "m", "0", "12", "1", "1.5", "10", "11", "0.2"),
    ("tank.temperature", "degC", "-20", "150", "", "", "60", "80", "1"),
    ("dust.dp", "Pa", "0", "4000", "", "", "1500", "2000", "50"),
    ("dust.spark", "1", "0", "1", "", "", "", "", ""),
)

POINT_COLUMNS = (
    "point,unit,kind,unit_symbol,range_low,range_high,period_s,report,ll,l,h,hh,deadband,topic,key,device,gas,"
    "ref_temp_c,principle,calibration_due,tags"
)


def build_site(
    directory: Path,
    points: int,
    enterprises: int = 10,
    *,
    period_s: float = 1.0,
    with_topics: bool = True,
    rules: Mapping[str, str] | None = None,
) -> Path:
    """Write a site of `points` points spread over `enterprises`, one unit of each, and return its folder.

    Ids are E0001, E0001-U1, E0001-P000000. Topics are tocsin/v1/<enterprise>/D<n>/up with 50 keys each.
    `rules` are texts by file name, written to rules/.
    """
    directory.mkdir(parents=True, exist_ok=True)
    names = [f"E{n + 1:04}" for n in range(enterprises)]
    _write(directory / "site.yaml", [SITE_YAML.rstrip("\n")])
    _write(
        directory / "enterprises.csv",
        ["enterprise,name,region", *(f"{name},Works {name},north" for name in names)],
    )
    _write(
        directory / "units.csv",
        ["unit,enterprise,name,kind", *(f"{name}-U1,{name},Hall,workshop" for name in names)],
    )
    rows = (_point_row(n, names[n % enterprises], n // enterprises, period_s, with_topics) for n in range(points))
    _write(directory / "points.csv", [POINT_COLUMNS, *rows])
    for name, text in (rules or {}).items():
        (directory / "rules").mkdir(exist_ok=True)
        (directory / "rules" / name).write_text(text, encoding="utf-8")
    return directory


def point_ids(points: int, enterprises: int = 10) -> list[str]:
    """The ids of the points that `build_site` makes, in the order of points.csv."""
    return [f"E{n % enterprises + 1:04}-P{n:06}" for n in range(points)]


def _point_row(n: int, enterprise: str, n_in_enterprise: int, period_s: float, with_topics: bool) -> str:
    kind, symbol, *limits = KINDS[n % len(KINDS)]
    low, high, *levels = limits
    device = n_in_enterprise // 50
    topic, key = (f"tocsin/v1/{enterprise}/D{device}/up", f"k{n_in_enterprise % 50}") if with_topics else ("", "")
    cells = [f"{enterprise}-P{n:06}", f"{enterprise}-U1", kind, symbol, low, high, f"{period_s:g}", "", *levels]
    return ",".join([*cells, topic, key, f"D{device}", "", "", "", "", ""])


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
