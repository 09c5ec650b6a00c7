"""What a made-up unit of each kind is fitted with: its devices and what each measures.

Limits are made-up site values; where a rule pack brings a standard's, the cells stay empty.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Measure:
    """One measured quantity of a made-up device; None where the cell of points.csv stays empty."""

    kind: str
    symbol: str
    low: float
    high: float
    period_s: float
    ll: float | None = None
    l: float | None = None  # noqa: E741 - the level's standard name
    h: float | None = None
    hh: float | None = None
    deadband: float | None = None
    gas: str | None = None
    principle: str | None = None
    on_change: bool = False


Devices = tuple[tuple[str, tuple[Measure, ...]], ...]

CATALYTIC: Final = Measure("gas.combustible", "%LEL", 0, 100, 2, gas="ch4", principle="catalytic")
INFRARED: Final = Measure("gas.combustible", "%LEL", 0, 100, 2, gas="ch4", principle="infrared")
PROPANE: Final = Measure("gas.combustible", "%LEL", 0, 100, 2, gas="c3h8", principle="infrared")
OPEN_PATH: Final = Measure("gas.openpath", "LEL.m", 0, 5, 2, gas="c3h8", principle="laser")
CO: Final = Measure("gas.toxic.co", "mg/m3", 0, 300, 2, None, None, 20, 40, 2, "co", "electrochemical")
H2S: Final = Measure("gas.toxic.h2s", "mg/m3", 0, 100, 2, None, None, 10, 20, 1, "h2s", "electrochemical")
OXYGEN: Final = Measure("gas.oxygen", "%VOL", 0, 30, 2, gas="o2", principle="electrochemical")
AMMONIA: Final = Measure("ammonia.ppm", "ppm", 0, 1000, 2, gas="nh3", principle="electrochemical")

LEVEL: Final = Measure("tank.level", "m", 0, 12, 5, 1, 1.5, 10, 10.8, 0.2)
TEMPERATURE: Final = Measure("tank.temperature", "degC", -20, 80, 10, None, None, 45, 55, 1)
PRESSURE: Final = Measure("tank.pressure", "kPa", 0, 1600, 5, None, None, 1200, 1400, 30)
VESSEL: Final = (LEVEL, TEMPERATURE, PRESSURE)

DRY: Final = (
    Measure("dust.dp", "Pa", 0, 3000, 2, 150, 250, 1500, 2000, 50),
    Measure("dust.inlet_temperature", "degC", 0, 150, 2),
    Measure("dust.hopper_temperature", "degC", 0, 150, 5, None, None, 70, 85, 2),
    Measure("dust.duct_speed", "m/s", 0, 40, 5, 12, 15, None, None, 0.5),
    Measure("dust.purge_pressure", "kPa", 0, 800, 2, 200, 300, None, None, 10),
    Measure("dust.fan", "1", 0, 1, 5),
    Measure("dust.airlock", "1", 0, 1, 5),
)
SPARK: Final = Measure("dust.spark", "1", 0, 1, 1)
WET: Final = (
    Measure("dust.tank_level", "m", 0, 2, 5, 0.4, 0.6, 1.8, None, 0.05),
    Measure("dust.water_flow", "m3/h", 0, 60, 5, 15, 20, None, None, 1),
)
COLD: Final = Measure("cold.room_temperature", "degC", -40, 20, 10, None, None, -10, -5, 0.5)
PEOPLE: Final = Measure("people.count", "1", 0, 60, 10, h=30, deadband=1)
HOT: Final = Measure("permit.hot", "1", 0, 1, 10, on_change=True)
CONFINED: Final = Measure("permit.confined", "1", 0, 1, 10, on_change=True)
HEIGHT: Final = Measure("permit.height", "1", 0, 1, 10, on_change=True)
LIFTING: Final = Measure("permit.lifting", "1", 0, 1, 10, on_change=True)
EARTH: Final = Measure("permit.earth", "1", 0, 1, 10, on_change=True)

FITTINGS: Final[dict[str, Devices]] = {
    "workshop": (("G1", (CATALYTIC,) * 3), ("G2", (INFRARED,) * 2), ("W1", (PEOPLE, HOT, LIFTING))),
    "warehouse": (("G1", (CATALYTIC,) * 4), ("W1", (PEOPLE, HOT))),
    "tank_farm": (
        ("T1", VESSEL),
        ("T2", VESSEL),
        ("G1", (PROPANE,) * 4),
        ("P1", (OPEN_PATH,)),
        ("W1", (HOT, HEIGHT, EARTH)),
    ),
    "gas_station": (("T1", (LEVEL,)), ("T2", (LEVEL,)), ("G1", (PROPANE,) * 3), ("W1", (PEOPLE, HOT))),
    "dust_collector": (("D1", DRY), ("S1", (SPARK,)), ("D2", WET), ("W1", (PEOPLE,))),
    "reactor": (("T1", VESSEL), ("G1", (CATALYTIC,) * 3 + (H2S,) * 2), ("W1", (HOT,))),
    "furnace": (("G1", (CO,) * 4 + (OXYGEN,)), ("W1", (PEOPLE, LIFTING))),
    "confined_space": (("G1", (OXYGEN, H2S, CO, CATALYTIC)), ("W1", (PEOPLE, CONFINED))),
    "cold_store": (("A1", (AMMONIA,) * 3), ("C1", (COLD,)), ("G1", (OXYGEN,)), ("W1", (PEOPLE,))),
    "other": (("G1", (CATALYTIC,)),),
}
