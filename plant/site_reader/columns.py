"""The tables of a site folder: which columns they have and what stands in them."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from plant.site_reader.cells import (
    DATE,
    EMAIL,
    HANDLES,
    ID,
    IDS,
    LATITUDE,
    LONGITUDE,
    NUMBER,
    PHONE,
    QUIET,
    TEXT,
    TOPIC,
    WHOLE,
    WORDS,
    CellType,
    choice,
    number,
)

UnitKind = Literal[
    "tank_farm",
    "reactor",
    "workshop",
    "dust_collector",
    "cold_store",
    "furnace",
    "confined_space",
    "gas_station",
    "warehouse",
    "other",
]
UNIT_KINDS: Final[tuple[str, ...]] = get_args(UnitKind)

POINT_KINDS: Final = (
    "gas.combustible",
    "gas.oxygen",
    "gas.openpath",
    "tank.level",
    "tank.pressure",
    "tank.temperature",
    "dust.dp",
    "dust.inlet_temperature",
    "dust.hopper_temperature",
    "dust.duct_speed",
    "dust.purge_pressure",
    "dust.spark",
    "dust.airlock",
    "dust.fan",
    "ammonia.ppm",
    "people.count",
    "permit.hot",
    "permit.confined",
    "permit.height",
    "permit.lifting",
    "permit.earth",
)
"""Kinds that the product knows, beside gas.toxic.<gas>; a site may have its own."""

# A delay is rounded to whole milliseconds, so a shorter period would become 0.
_PERIOD = number(0.001, 31_536_000)


@dataclass(frozen=True, slots=True)
class Column:
    """`needed`: the column must be there and no cell of it empty. `in_header`: it must be there, cells may be empty."""

    name: str
    type: CellType
    help: str
    needed: bool = False
    in_header: bool = False


TABLES: Final[dict[str, tuple[Column, ...]]] = {
    "regions.csv": (
        Column("region", ID, "id of the region", needed=True),
        Column("parent", ID, "id of the region it lies in", in_header=True),
        Column("name", TEXT, "what people call it; empty: the id", in_header=True),
    ),
    "enterprises.csv": (
        Column("enterprise", ID, "id of the enterprise", needed=True),
        Column("name", TEXT, "what people call it; empty: the id", in_header=True),
        Column("region", TEXT, "id of its region in regions.csv, or free text where there is none", in_header=True),
        Column("park", TEXT, "industrial park"),
        Column("industry", TEXT, "industry"),
        Column("lat", LATITUDE, "latitude in degrees, WGS 84"),
        Column("lon", LONGITUDE, "longitude in degrees, WGS 84"),
        Column("employees", WHOLE, "number of people employed"),
    ),
    "units.csv": (
        Column("unit", ID, "id of the unit", needed=True),
        Column("enterprise", ID, "id of the enterprise it belongs to", needed=True),
        Column("name", TEXT, "what people call it; empty: the id", in_header=True),
        Column("kind", choice(*UNIT_KINDS), "kind of unit; empty: other"),
        Column("hazard_level", TEXT, "level of the major hazard"),
        Column("people_500m", WHOLE, "people within 500 m"),
        Column("required", IDS, "point kinds that must be monitored here, separated by spaces"),
        Column("camera", TEXT, "address of a camera"),
        Column("lat", LATITUDE, "latitude in degrees, WGS 84"),
        Column("lon", LONGITUDE, "longitude in degrees, WGS 84"),
    ),
    "points.csv": (
        Column("point", ID, "id of the point", needed=True),
        Column("unit", ID, "id of the unit it stands in", needed=True),
        Column("kind", ID, "kind of what is measured, dotted, such as gas.combustible", needed=True),
        Column("unit_symbol", TEXT, "unit of its readings, limits, range and deadband"),
        Column("range_low", NUMBER, "lower end of the instrument's range"),
        Column("range_high", NUMBER, "upper end of the instrument's range"),
        Column("period_s", _PERIOD, "seconds between two readings", needed=True),
        Column("report", choice("periodic", "on_change"), "how it reports; empty: periodic"),
        Column("ll", NUMBER, "low low limit"),
        Column("l", NUMBER, "low limit"),
        Column("h", NUMBER, "high limit"),
        Column("hh", NUMBER, "high high limit"),
        Column("deadband", number(0), "by how much a value must come back; 0 is a value, empty is none"),
        Column("topic", TOPIC, "MQTT topic that carries it"),
        Column("key", TEXT, "its key in the payload of that topic"),
        Column("device", TEXT, "the device it belongs to"),
        Column("gas", TEXT, "gas that is measured"),
        Column("ref_temp_c", NUMBER, "reference temperature of the volume, in °C"),
        Column("principle", TEXT, "catalytic, infrared, electrochemical, ..."),
        Column("calibration_due", DATE, "the day by which it must be calibrated"),
        Column("tags", WORDS, "words that rules may ask for, separated by spaces"),
    ),
    "contacts.csv": (
        Column("contact", ID, "id of the contact", needed=True),
        Column("name", TEXT, "name", in_header=True),
        Column("role", TEXT, "role, such as duty", in_header=True),
        Column("region_or_enterprise", TEXT, "the region or enterprise the contact answers for"),
        Column("phone", PHONE, "telephone number"),
        Column("email", EMAIL, "mail address"),
        Column("channels", WORDS, "channels, separated by spaces"),
        Column("language", choice("zh", "en"), "the language of what it is told; empty: zh"),
        Column("quiet", QUIET, "hours in which nothing but red is told, such as 22:00-07:00"),
        Column("handles", HANDLES, "what single channels call the contact: channel=text, separated by spaces"),
    ),
    "devices.csv": (
        Column("device", TEXT, "the device, as points.csv names it", needed=True),
        Column("enterprise", ID, "id of the enterprise it belongs to", needed=True),
        Column("name", TEXT, "what people call it; empty: the device", in_header=True),
        Column("gateway", TEXT, "the device through which it is heard"),
        Column("model", TEXT, "maker and model"),
        Column("serial", TEXT, "serial number"),
        Column("installed", DATE, "the day it was installed"),
    ),
    "calendar.csv": (
        Column("date", DATE, "the day, in the time zone of the site", needed=True),
        Column("kind", choice("holiday", "workday"), "what it is, whatever day of the week", needed=True),
        Column("name", TEXT, "what people call it", in_header=True),
    ),
}
"""Columns by file. The first column is the id of the row."""

NEEDED_FILES: Final = ("site.yaml", "enterprises.csv", "units.csv", "points.csv")
"""Files that every site folder has."""
