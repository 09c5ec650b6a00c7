"""The site that the benchmarks watch: gas detectors under one stateful rule of two levels, and the data-health pack."""

from pathlib import Path

from benchmarks.load import Load

_RULES = """\
rules:
  - id: gas
    applies_to: {kind: gas.combustible}
    condition: {limit: {h: 25, hh: 50, deadband: 2}}
    on_delay_s: {h: 3, hh: 0}
    off_delay_s: 0
    severity: {h: orange, hh: red}
    source: {standard: bench, certainty: ED}
"""


def point_ids(load: Load) -> list[str]:
    """In the order of devices and keys."""
    return [f"D{device:03d}-P{key:02d}" for device in range(load.devices) for key in range(load.keys)]


def write_site(folder: Path, load: Load) -> Path:
    """Write the site folder of a load; returns it."""
    (folder / "rules").mkdir(parents=True)
    (folder / "site.yaml").write_text("name: bench\ntimezone: Asia/Shanghai\n")
    (folder / "rules" / "gas.yaml").write_text(_RULES)
    enterprises = [f"E{e:02d},bench {e},county" for e in range(load.enterprises)]
    (folder / "enterprises.csv").write_text("\n".join(["enterprise,name,region", *enterprises]) + "\n")
    units = [f"U{e:02d},E{e:02d},hall,workshop" for e in range(load.enterprises)]
    (folder / "units.csv").write_text("\n".join(["unit,enterprise,name,kind", *units]) + "\n")
    rows = [
        f"D{device:03d}-P{key:02d},U{load.enterprise(device):02d},gas.combustible,%LEL,0,100,60"
        for device in range(load.devices)
        for key in range(load.keys)
    ]
    header = "point,unit,kind,unit_symbol,range_low,range_high,period_s"
    (folder / "points.csv").write_text("\n".join([header, *rows]) + "\n")
    return folder
