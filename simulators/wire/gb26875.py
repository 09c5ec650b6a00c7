"""Readings and states as frames of GB/T 26875.3-2011."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from ingest.codecs.gb26875.frame import SEND, Frame, time_label, write_frame
from ingest.codecs.gb26875.objects import ANALOG_TYPES, ANALOG_VALUE, AS_SENT, COMPONENT_STATE, SYSTEM_STATE
from ingest.codecs.local_time import CHINA

_ANALOG = struct.Struct("<BBBIBh")
_COMPONENT = struct.Struct("<BBBIH31s")
_SYSTEM = struct.Struct("<BBH")


@dataclass(frozen=True, slots=True)
class Analog:
    """One value, in the unit of its analogue type."""

    system: int
    system_address: int
    component: int
    component_address: int
    analog: int
    value: float


@dataclass(frozen=True, slots=True)
class State:
    """The bits of a component, or of a system where `component` is None."""

    system: int
    system_address: int
    bits: int
    component: int | None = None
    component_address: int = 0
    text: str = ""


def encode(
    source: bytes,
    objects: Sequence[Analog] | Sequence[State],
    measured_at_ms: int,
    *,
    serial: int = 0,
    destination: bytes = bytes(6),
    zone: str = CHINA,
) -> bytes:
    """One frame of objects of one kind. Addresses are six bytes, low byte first; a time has whole seconds.

    A value is rounded to its type's smallest step. ValueError where something does not fit.
    """
    label = time_label(measured_at_ms, ZoneInfo(zone))
    try:
        bodies = [_body(thing) + label for thing in objects]
    except struct.error as error:
        raise ValueError(str(error)) from None
    kinds = {_kind(thing) for thing in objects}
    if len(kinds) != 1 or len(bodies) > 255:
        raise ValueError("a frame holds objects of one kind, at most 255")
    adu = bytes([kinds.pop(), len(bodies)]) + b"".join(bodies)
    return write_frame(Frame(serial & 0xFFFF, (1, 0), label, source, destination, SEND, adu))


def _kind(thing: Analog | State) -> int:
    if isinstance(thing, Analog):
        return ANALOG_VALUE
    return SYSTEM_STATE if thing.component is None else COMPONENT_STATE


def _body(thing: Analog | State) -> bytes:
    if isinstance(thing, Analog):
        steps = round(thing.value * ANALOG_TYPES.get(thing.analog, AS_SENT).divisor)
        return _ANALOG.pack(
            thing.system, thing.system_address, thing.component, thing.component_address, thing.analog, steps
        )
    if thing.component is None:
        return _SYSTEM.pack(thing.system, thing.system_address, thing.bits)
    text = thing.text.encode("gb18030")[:31]
    return _COMPONENT.pack(
        thing.system, thing.system_address, thing.component, thing.component_address, thing.bits, text
    )
