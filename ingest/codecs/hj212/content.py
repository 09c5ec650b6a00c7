"""What a packet of HJ 212-2017 carries: `code-Kind=value` fields with flags, groups of which `;` divides."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from plant.quality import Quality

NAME: Final = r"[A-Za-z0-9_.-]{1,64}"
_FIELD: Final = re.compile(r"([^,;=]*)=([^,;=]*)")
_COMMAS: Final = bytes.maketrans(b";", b",")
_NO_SEPARATORS: Final = bytes(set(range(256)) - set(b",="))

_READING: Final = re.compile(NAME)
_NOT_READINGS: Final = frozenset({"Flag", "EFlag", "SampleTime", "Info", "SN"})
"""Kinds of fields that say something of a reading, or of the instrument."""

FLAG_QUALITY: Final[dict[str, Quality]] = {
    "N": Quality.GOOD,
    "T": Quality.GOOD,
    "S": Quality.UNCERTAIN,
    "C": Quality.BAD,
    "M": Quality.BAD,
    "F": Quality.BAD,
    "D": Quality.BAD,
    "B": Quality.BAD,
}
"""Normal, over its upper limit, set by hand, calibration, maintenance, stopped, fault, no contact to the instrument.

What is over the limit must be able to alarm; what is no measurement of the process must not."""

UNKNOWN_FLAG: Final = Quality.UNCERTAIN


@dataclass(frozen=True, slots=True)
class Shape:
    """Which of a row of field names are what. A device sends the same names again, so this is worked out once."""

    keys: tuple[str, ...]
    """Of the readings: the names of their fields."""
    at: tuple[int, ...]
    """Where their values stand."""
    flags: tuple[int, ...]
    """Where the flag of each stands; -1 for a reading without one."""
    times: tuple[int, ...]
    """Where the sampling time of each stands; empty where none has one."""
    data_time: int
    """Where DataTime stands; -1 if it does not."""
    odd: tuple[str, ...]
    """Names that are no name."""
    repeated: tuple[str, ...]
    """Readings named more than once: nobody can tell which value was meant, so none is taken."""


def shape_of(names: tuple[str, ...]) -> Shape:
    """Sort a row of field names. A name without `-` (DataTime, RtdInterval, RestartTime) is no reading."""
    place = {name: i for i, name in enumerate(names)}
    repeated = {name for name, count in Counter(names).items() if count > 1} if len(place) < len(names) else set()
    readings: list[tuple[str, int]] = []
    odd: list[str] = []
    for i, name in enumerate(names):
        code, dash, kind = name.rpartition("-")
        if not _READING.fullmatch(name):
            odd.append(name)
        elif dash and code and kind not in _NOT_READINGS and name not in repeated:
            readings.append((name, i))
    codes = [name.rpartition("-")[0] for name, _ in readings]
    times = tuple(place.get(f"{code}-SampleTime", -1) for code in codes)
    return Shape(
        tuple(name for name, _ in readings),
        tuple(i for _, i in readings),
        tuple(place.get(f"{code}-Flag", -1) for code in codes),
        times if any(i >= 0 for i in times) else (),
        place.get("DataTime", -1),
        tuple(odd),
        tuple(sorted(repeated)),
    )


def split(content: str) -> tuple[tuple[str, ...], list[str], list[str]]:
    """(names, values) of the fields, in their order, and what stands between separators and is no field."""
    # A packet holds a hundred fields and hardly ever a broken one: they are cut at once where every one has its `=`.
    plain = content.encode().translate(_COMMAS).rstrip(b",")
    separators = plain.translate(None, _NO_SEPARATORS)
    if separators == (b"=," * (len(separators) // 2 + 1))[:-1]:
        cells = plain.replace(b"=", b",").decode().split(",")
        return tuple(cells[::2]), cells[1::2], []
    parts = [part for part in plain.decode().split(",") if part]
    found = [field.groups() for part in parts if (field := _FIELD.fullmatch(part))]
    stray = [part for part in parts if not _FIELD.fullmatch(part)]
    return tuple(name for name, _ in found), [value for _, value in found], stray
