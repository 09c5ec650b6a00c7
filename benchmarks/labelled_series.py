"""Limits and deviation on a labelled public series that a package ships. Run: python -m benchmarks.labelled_series

The package `aeon` has one whose labels say where something is wrong: a blood pressure of the UCR anomaly archive
(KDD-TSAD 135). It is no part of Tocsin's environment: `pip install --no-deps aeon`. One value is taken a second. Limits
are the least and the most of the part given for training; the deviation is that of the pack early-warning, to both
sides.
"""

import csv
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.figure import Figure, emit
from plant.batch import Batch
from plant.entries import Readings
from plant.registry import PointRegistry
from plant.site import Enterprise, Point, Site, Unit
from rules.engine import Engine, make_plan
from rules.events import AlarmEvent
from rules.schema import Rule

SERIES: Final = "datasets/data/KDD-TSAD_135/135_UCR_Anomaly_InternalBleeding16"
NEAR: Final = 100
"""Seconds before and after the labels within which an alarm still speaks of them."""
START_MS: Final = 1_735_660_800_000
NOTE: Final = "aeon's KDD-TSAD 135, one value a second"


def series_of(package: Path, part: str) -> tuple[list[float], list[bool]]:
    """(values, labels) of the part TRAIN or TEST."""
    with Path(f"{package / SERIES}_{part}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [float(row["value"]) for row in rows], [row["is_anomaly"] == "1" for row in rows]


def site() -> Site:
    found = Site(name="series", timezone="UTC", centre=None, packs=())
    found.enterprises["E"] = Enterprise("E", "E", "")
    found.units["U"] = Unit("U", "E", "U", "other")
    point = Point(
        point="P",
        unit="U",
        enterprise="E",
        kind="x",
        unit_symbol=None,
        range_low=None,
        range_high=None,
        period_s=1.0,
        report="periodic",
        ll=None,
        l=None,
        h=None,
        hh=None,
        deadband=None,
        topic=None,
        key=None,
        device=None,
        gas=None,
        ref_temp_c=None,
        principle=None,
        calibration_due=None,
        tags=(),
    )
    found.points[point.point] = point
    return found


def raised(condition: dict[str, object], values: list[float]) -> list[int]:
    """The seconds at which a rule of this condition raises an alarm."""
    place = site()
    form = {"id": "r", "applies_to": {"kind": "x"}, "condition": condition, "on_delay_s": 4, "off_delay_s": 60}
    rule = Rule.model_validate(form | ({"severity": "yellow"} if "deviation" in condition else {}))
    engine = Engine(make_plan(place, [rule], PointRegistry(place.points)))
    times = START_MS + 1000 * np.arange(len(values))
    rows = [(0, int(t), value, 0) for t, value in zip(times, values, strict=True)]
    events = engine.apply([Readings(int(times[-1]) + 1000, Batch.of(rows))])
    return [(e.at - START_MS) // 1000 for e in events if isinstance(e, AlarmEvent) and e.event == "raised"]


def main() -> None:
    found = find_spec("aeon")
    if found is None or not found.submodule_search_locations:
        missing = "aeon is not installed: pip install --no-deps aeon"
        emit(Figure(name="labelled series", value=None, unit="hits", goal=1, note=missing))
        return
    package = Path(found.submodule_search_locations[0])
    before, _ = series_of(package, "TRAIN")
    values, labels = series_of(package, "TEST")
    begins, ends = labels.index(True) - NEAR, len(labels) - labels[::-1].index(True) + NEAR
    rules: dict[str, dict[str, object]] = {
        "limits": {"limit": {"l": min(before), "h": max(before)}},
        "deviation": {"deviation": {"k": 5, "half_life_s": 3600, "min_count": 60}},
    }
    for name, condition in rules.items():
        at = [second - len(before) for second in raised(condition, before + values) if second >= len(before)]
        hits = sum(begins <= second <= ends for second in at)
        false = len(at) - hits
        note = f"{NOTE}; {false} alarms elsewhere in {len(values) / 3600:.1f} h"
        emit(Figure(name=f"labelled series, {name}", value=min(hits, 1), unit="of 1 anomaly", goal=1, note=note))


if __name__ == "__main__":
    main()
