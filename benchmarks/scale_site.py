"""A large site for the figures of sizing: six packs in force, every point reporting once in 47 s, 100 an enterprise."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.engine_speed import Values
from plant.batch import Batch
from plant.entries import Readings

START_MS = 1_900_000_000_000
PERIOD_S = 47
"""440,000 points in 47 s are the 800 million readings a day of the sizing page."""
AN_ENTERPRISE = 100
PACKS = "data-health, gas-combustible, gas-toxic, gas-oxygen, tank, dust-dry"
_KINDS = (
    ("gas.combustible", "%LEL", ""),
    ("gas.toxic.h2s", "mg/m3", ""),
    ("gas.oxygen", "%VOL", ""),
    ("tank.level", "%", "80"),
    ("tank.temperature", "degC", "80"),
    ("dust.dp", "Pa", "80"),
    ("tank.pressure", "MPa", "80"),
)


def write_site(folder: Path, points: int) -> Path:
    """Write the site folder; returns it."""
    folder.mkdir(parents=True)
    (folder / "site.yaml").write_text(f"name: bench\ntimezone: Asia/Shanghai\npacks: [{PACKS}]\n")
    enterprises = range(-(-points // AN_ENTERPRISE))
    _write(folder / "enterprises.csv", "enterprise,name,region", (f"E{e:05d},bench {e},north" for e in enterprises))
    _write(folder / "units.csv", "unit,enterprise,name,kind", (f"U{e:05d},E{e:05d},hall,workshop" for e in enterprises))
    _write(
        folder / "points.csv",
        "point,unit,kind,unit_symbol,range_low,range_high,period_s,h,device",
        (_point(n) for n in range(points)),
    )
    return folder


def readings(points: int, sweeps: int, a_second: int = 1) -> Iterator[Readings]:
    """Every point once in a period, in an order that does not change; `a_second` batches in a second."""
    values = Values(points)
    order = values.rng.permutation(points)
    batches = PERIOD_S * a_second
    cut = np.linspace(0, points, batches + 1).astype(int)
    for n in range(sweeps * batches):
        at_ms = START_MS + n * 1000 // a_second
        number = order[cut[n % batches] : cut[n % batches + 1]]
        measured = at_ms - values.rng.integers(20, 400, len(number))
        quality = np.zeros(len(number), dtype=np.uint8)
        # As instruments send them: two decimals.
        yield Readings(
            at_ms, Batch(number.astype(np.uint32), measured, np.round(values.of(number), 2), quality), "mqtt"
        )


def _point(n: int) -> str:
    kind, symbol, high = _KINDS[n % len(_KINDS)]
    return f"P{n:07d},U{n // AN_ENTERPRISE:05d},{kind},{symbol},0,100,{PERIOD_S},{high},D{n // 10:06d}"


def _write(path: Path, head: str, rows: Iterator[str]) -> None:
    path.write_text("\n".join([head, *rows]) + "\n")
