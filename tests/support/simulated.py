"""Sites and rules that the simulators' tests share."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from plant.batch import Batch
from plant.site import Enterprise, Point, Site, Unit
from plant.site_reader import read_site
from rules.loader import read_rules
from rules.schema import Rule
from simulators.family import Around
from simulators.scenario import Scenario
from simulators.shifts import Schedule, Shift, work_of
from simulators.weather import Air


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


STEADY_WORK = Schedule(shifts=(Shift(begins="00:00", ends="24:00"),), permits_a_day=1.0)


def around(scenario: Scenario | None = None, schedule: Schedule = STEADY_WORK) -> Around:
    """What is around the devices, at full load all day unless said otherwise."""
    weather = scenario.weather if scenario is not None else Scenario(name="x", duration_s=1).weather
    return Around(Air(weather, 0.0, 1), work_of(schedule, 0.0), 1, {"U": "workshop"})


def site_and_rules(folder: Path) -> tuple[Site, list[Rule]]:
    """A site folder as read, its own rules and those of its packs; neither may bring a warning."""
    site, site_warnings = read_site(folder)
    rules, rule_warnings = read_rules(folder, site)
    assert [*site_warnings, *rule_warnings] == []
    return site, rules


def joined(batches: Sequence[Batch]) -> Batch:
    """Batches one after the other."""
    return Batch(
        np.concatenate([b.point for b in batches]),
        np.concatenate([b.measured_at_ms for b in batches]),
        np.concatenate([b.value for b in batches]),
        np.concatenate([b.quality for b in batches]),
    )
