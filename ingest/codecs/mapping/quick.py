"""The quick way through a message of one record that is just as its mapping says: a whole column at a time.

It takes only what it understands in full; at the least doubt the patient reader reads the message again.
"""

from collections.abc import Callable
from types import NoneType
from typing import Any, Final

from ingest.codecs.mapping.paths import MISSING, JsonPath
from ingest.codecs.mapping.schema import Mapping
from ingest.codecs.port import OWN_UNITS, Samples
from plant.quality import NO_TIME_MS

_NUMBERS: Final = frozenset({float, int, NoneType})
_PLAIN: Final = (1.0, 0.0)

Quick = Callable[[Any, Any], Samples | None]
"""(record, message) -> its samples; None where in doubt. May raise OverflowError."""


def quick_way(mapping: Mapping, read_time: Callable[[Any], int]) -> Quick | None:
    """For values that are the members of one object, or stand at paths of their own; None for other mappings."""
    values = mapping.values
    if mapping.quality is not None or any((value.scale, value.offset) != _PLAIN for value in values):
        return None
    get_device = None if mapping.device is None else JsonPath(mapping.device).get
    get_time = None if mapping.time is None else JsonPath(mapping.time.path).get

    def samples(record: Any, top: Any, keys: tuple[str, ...], found: list[Any], units: tuple[str, ...]) -> Any:
        floats = _floats(found)
        device = "" if get_device is None else get_device(record, top)
        if floats is None or device.__class__ is not str:
            return None
        written = MISSING if get_time is None else get_time(record, top)
        return Samples(device, keys, floats, NO_TIME_MS if written is MISSING else read_time(written), units=units)

    if values[0].members is not None and len(values) == 1 and values[0].unit is None:
        get_members = JsonPath(values[0].members).get

        def of_members(record: Any, top: Any) -> Samples | None:
            members = get_members(record, top)
            if members.__class__ is not dict:
                return None
            return samples(record, top, tuple(members), list(members.values()), OWN_UNITS)  # type: ignore[no-any-return]

        return of_members
    if any(value.key is None or value.path is None or value.unit_path for value in values):
        return None
    gets = [JsonPath(value.path or "").get for value in values]
    keys = tuple(value.key or "" for value in values)
    units = tuple(value.unit or "" for value in values) if any(value.unit for value in values) else OWN_UNITS
    return lambda record, top: samples(record, top, keys, [get(record, top) for get in gets], units)


def _floats(values: list[Any]) -> list[float | None] | None:
    kinds = set(map(type, values))
    if kinds == {float}:
        return values
    if not kinds or not kinds <= _NUMBERS:
        return None
    return [None if value is None else float(value) for value in values]
