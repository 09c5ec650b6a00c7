"""The kinds of incident: what each can happen to, and what it needs."""

from dataclasses import dataclass
from typing import Final, Literal

Need = Literal["needed", "optional", "none"]
Sort = Literal["process", "instrument"]

IncidentKind = Literal[
    "leak",
    "release",
    "overfill",
    "drain",
    "overheat",
    "ember",
    "smoulder",
    "bag_blinding",
    "bag_burst",
    "cleaning_failure",
    "fan_stop",
    "airlock_stop",
    "water_loss",
    "warm_up",
    "crowd",
    "permit",
    "dropout",
    "stuck",
    "over_range",
    "offset",
    "drift",
    "noise",
    "spikes",
    "saturation",
    "poisoning",
    "reboot",
    "wrong_unit",
    "link",
    "clock_skew",
    "duplicate",
    "out_of_order",
]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of incident. `points` are globs over point kinds; `block` is the key that holds its physics."""

    points: tuple[str, ...]
    magnitude: Need = "none"
    sort: Sort = "process"
    unit_points: tuple[str, ...] = ()
    """Which of a unit's points it hits where `point_kind` doesn't say; empty: all of `points`."""
    block: Literal["release", "hole", "heating"] | None = None
    low: tuple[str, ...] = ()
    """Point kinds (globs) whose value falls in it: a rule should speak below `danger`."""
    arrival: bool = False
    """Whether it changes when or how often readings arrive."""


_GAS: Final = ("gas.*", "ammonia.ppm")
_ANY: Final = ("*",)
_SENSOR: Final[Sort] = "instrument"

KINDS: Final[dict[IncidentKind, Kind]] = {
    "leak": Kind(_GAS, "needed", unit_points=("gas.combustible",), low=("gas.oxygen",)),
    "release": Kind(_GAS, block="release", low=("gas.oxygen",)),
    "overfill": Kind(("tank.level",), "needed"),
    "drain": Kind(("tank.level",), block="hole", low=_ANY),
    "overheat": Kind(("tank.temperature", "tank.pressure", "tank.level"), block="heating", low=("tank.level",)),
    "ember": Kind(("dust.spark", "dust.inlet_temperature", "dust.hopper_temperature"), "needed"),
    "smoulder": Kind(("dust.hopper_temperature",), "needed"),
    "bag_blinding": Kind(("dust.dp",), "needed"),
    "bag_burst": Kind(("dust.dp",), "needed", low=_ANY),
    "cleaning_failure": Kind(("dust.dp", "dust.purge_pressure"), "needed", low=("dust.purge_pressure",)),
    "fan_stop": Kind(("dust.fan", "dust.duct_speed", "dust.dp"), low=_ANY),
    "airlock_stop": Kind(("dust.airlock",), low=_ANY),
    "water_loss": Kind(("dust.tank_level", "dust.water_flow"), "needed", low=_ANY),
    "warm_up": Kind(("cold.room_temperature",), "needed"),
    "crowd": Kind(("people.count",), "needed"),
    "permit": Kind(("permit.*",)),
    "dropout": Kind(_ANY, sort=_SENSOR),
    "stuck": Kind(_ANY, sort=_SENSOR),
    "over_range": Kind(_ANY, "optional", _SENSOR),
    "offset": Kind(_ANY, "needed", _SENSOR),
    "drift": Kind(_ANY, "needed", _SENSOR),
    "noise": Kind(_ANY, "needed", _SENSOR),
    "spikes": Kind(_ANY, "needed", _SENSOR),
    "saturation": Kind(_ANY, "needed", _SENSOR),
    "poisoning": Kind(_GAS, "needed", _SENSOR),
    "reboot": Kind(_ANY, "optional", _SENSOR),
    "wrong_unit": Kind(_ANY, "needed", _SENSOR),
    "link": Kind(_ANY, "optional", _SENSOR, arrival=True),
    "clock_skew": Kind(_ANY, "needed", _SENSOR, arrival=True),
    "duplicate": Kind(_ANY, "optional", _SENSOR, arrival=True),
    "out_of_order": Kind(_ANY, "needed", _SENSOR, arrival=True),
}

PLAIN_MAGNITUDE: Final = frozenset({"poisoning", "wrong_unit", "clock_skew", "duplicate", "out_of_order", "link"})
"""Kinds whose magnitude is a factor or seconds, never a part of the point's range."""


def is_fault(kind: IncidentKind) -> bool:
    """Whether only the sensor or its link is wrong, not the process."""
    return KINDS[kind].sort == "instrument"
