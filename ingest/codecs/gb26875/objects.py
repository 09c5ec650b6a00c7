"""Information objects of GB/T 26875.3-2011: states and analogue values of fire-fighting installations. Clause 8."""

import struct
from dataclasses import dataclass
from typing import Final

SYSTEM_STATE: Final = 1
COMPONENT_STATE: Final = 2
ANALOG_VALUE: Final = 3
DEVICE_STATE: Final = 21

NOT_READINGS: Final = frozenset({4, 5, 6, 7, 8, 24, 25, 26, 28})
"""Operations, software versions, configurations and clocks (table 3): confirmed, and nothing to alarm on."""

TIME_BYTES: Final = 6

SYSTEM_BITS: Final = (
    "normal",
    "fire",
    "fault",
    "shielded",
    "supervised",
    "started",
    "feedback",
    "delayed",
    "mains_fault",
    "backup_fault",
    "bus_fault",
    "manual",
    "reconfigured",
    "reset",
)
"""Bit 0 upwards (clause 8.2.1.1). `normal` 0 is a test."""

COMPONENT_BITS: Final = (*SYSTEM_BITS[:8], "power_fault")
"""Clause 8.2.1.2."""

DEVICE_BITS: Final = ("normal", "fire", "fault", "mains_fault", "backup_fault", "centre_link_fault", "line_fault")
"""Clause 8.2.1.8: the transmission device itself."""


@dataclass(frozen=True, slots=True)
class Analog:
    """An analogue type of table 6: a value of `v` means v / divisor `unit`."""

    divisor: float
    unit: str


ANALOG_TYPES: Final[dict[int, Analog]] = {
    1: Analog(1, ""),
    2: Analog(100, "m"),
    3: Analog(10, "degC"),
    4: Analog(10, "MPa"),
    5: Analog(10, "kPa"),
    6: Analog(10, "%LEL"),
    7: Analog(1, "s"),
    8: Analog(10, "V"),
    9: Analog(10, "A"),
    10: Analog(10, "L/s"),
    11: Analog(10, "m3/min"),
    12: Analog(1, "m/s"),
}
"""Count, height, temperature, pressure, pressure, gas, time, voltage, current, flow, air flow, air speed."""

AS_SENT: Final = Analog(1, "")
"""Types that the table reserves or leaves to the user: the number as it is sent."""


@dataclass(frozen=True, slots=True)
class StateLayout:
    """How the objects of one state type lie: a head that names the thing, the state's bits, a text that is skipped."""

    cells: struct.Struct
    """Head, state, time label; the text between is padding."""
    bits: tuple[str, ...]


STATES: Final[dict[int, StateLayout]] = {
    SYSTEM_STATE: StateLayout(struct.Struct("<2sH6s"), SYSTEM_BITS),
    COMPONENT_STATE: StateLayout(struct.Struct("<7sH31x6s"), COMPONENT_BITS),
    DEVICE_STATE: StateLayout(struct.Struct("<0sB6s"), DEVICE_BITS),
}

ANALOG_CELLS: Final = struct.Struct("<8sh6s")
"""Head with the analogue type, value, time label (clause 8.2.1.3)."""


def place_name(head: bytes) -> str:
    """What an object's head names: `<system>-<address>[-<component>-<component address>]`, "device" for none."""
    if not head:
        return "device"
    name = f"{head[0]}-{head[1]}"
    return name if len(head) < 7 else f"{name}-{head[2]}-{int.from_bytes(head[3:7], 'little')}"


def state_keys(head: bytes, layout: StateLayout) -> tuple[str, ...]:
    """The keys of the bits of one state, bit 0 first."""
    place = place_name(head)
    return tuple(f"{place}-{bit}" for bit in layout.bits)
