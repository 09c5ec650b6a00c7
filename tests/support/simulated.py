"""Sites and rules that the simulators' tests share."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import yaml

from plant.batch import Batch
from plant.site import Enterprise, Point, Site, Unit
from rules.schema import Rule, RuleFile


def point(name: str, kind: str, low: float, high: float, **cells: object) -> Point:
    """A point of unit U in enterprise E, once a second unless said otherwise."""
    given: dict[str, object] = {"period_s": 1.0, "report": "periodic", "tags": ()} | cells
    names = ("unit_symbol", "ll", "l", "h", "hh", "deadband", "topic", "key", "device", "gas", "ref_temp_c")
    empty = dict.fromkeys((*names, "principle", "calibration_due"))
    return Point(
        **{**empty, "point": name, "unit": "U", "enterprise": "E", "kind": kind, "range_low": low, "range_high": high}
        | given  # type: ignore[arg-type]
    )


def site_of(points: Iterable[Point]) -> Site:
    """A site of these points."""
    return Site(
        name="test",
        timezone="UTC",
        centre=None,
        packs=(),
        enterprises={"E": Enterprise("E", "Works", "north")},
        units={"U": Unit("U", "E", "Hall", "workshop")},
        points={p.point: p for p in points},
    )


SMALL_SITE = site_of(
    [
        point("gas", "gas.combustible", 0, 100, principle="catalytic"),
        point("gas-2", "gas.combustible", 0, 100, principle="infrared", period_s=2.0),
        point("o2", "gas.oxygen", 0, 30),
        point("level", "tank.level", 0, 10, l=1.0, h=9.0, period_s=5.0),
        point("temperature", "tank.temperature", -20, 80, h=45.0),
        point("pressure", "tank.pressure", 0, 1600, h=1200.0),
        point("dp", "dust.dp", 0, 3000, h=1500.0),
        point("inlet", "dust.inlet_temperature", 0, 150),
        point("spark", "dust.spark", 0, 1, report="on_change"),
        point("speed", "dust.duct_speed", 0, 40, period_s=0.7, report="on_change"),
    ]
)


def rules_in(folder: Path) -> list[Rule]:
    """The rules of a site folder, without packs."""
    files = sorted((folder / "rules").glob("*.yaml"))
    return [r for f in files for r in RuleFile.model_validate(yaml.safe_load(f.read_text("utf-8"))).rules]


def joined(batches: Sequence[Batch]) -> Batch:
    """Batches one after the other."""
    return Batch(
        np.concatenate([b.point for b in batches]),
        np.concatenate([b.measured_at_ms for b in batches]),
        np.concatenate([b.value for b in batches]),
        np.concatenate([b.quality for b in batches]),
    )
