"""What the cells of one point say together: limits in order, a range that is one, a unit that fits."""

from difflib import get_close_matches
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from plant.mistakes import Mistake
from plant.site_reader.cells import shown
from plant.site_reader.columns import POINT_KINDS
from plant.site_reader.table import Table
from plant.site_reader.unit_symbols import mistake_of

_NATIVE_TOPIC: Final = ("tocsin", "v1")
_MOST_HINTS: Final = 100


def check_points(points: Table, enterprise_of_unit: dict[str, str] | None, mistakes: list[Mistake]) -> None:
    """Note what is wrong within each row of points.csv. Without a map of units, topics are not compared."""
    _check_kinds(points, mistakes)
    _check_limits(points, mistakes)
    _check_unit_symbols(points, mistakes)
    _check_addresses(points, enterprise_of_unit or {}, mistakes)
    _check_devices(points, enterprise_of_unit or {}, mistakes)


def check_positions(table: Table, mistakes: list[Mistake]) -> None:
    """Note rows that have a latitude or a longitude alone."""
    for row, (lat, lon) in enumerate(zip(table.columns["lat"], table.columns["lon"], strict=True)):
        if (lat is None) != (lon is None):
            column = "lat" if lat is None else "lon"
            table.note(mistakes, row, column, "is empty or wrong, allowed are lat and lon together or neither")


def _check_kinds(points: Table, mistakes: list[Mistake]) -> None:
    """Warn of kinds that look like a slip of the pen; a site may have kinds of its own."""
    hints: dict[str, str] = {}
    for row, kind in enumerate(points.columns["kind"]):
        if kind is None or kind in POINT_KINDS:
            continue
        if kind not in hints and len(hints) < _MOST_HINTS:
            # The site's own kinds share beginnings with ours, so only what is very near is a slip.
            near = [] if kind.startswith("gas.toxic.") else get_close_matches(kind, POINT_KINDS, n=1, cutoff=0.9)
            hints[kind] = near[0] if near else ""
        if hints.get(kind):
            message = f"{shown(kind)} is taken for a kind of the site's own; did you mean {hints[kind]}?"
            points.note(mistakes, row, "kind", message, warning=True)


def _check_limits(points: Table, mistakes: list[Mistake]) -> None:
    cells = points.columns
    names = ("range_low", "range_high", "ll", "l", "h", "hh")
    fine: set[tuple[Any, ...]] = set()
    for row, together in enumerate(zip(*(cells[name] for name in names), strict=True)):
        if together in fine:
            continue
        noted = len(mistakes)
        low, high, *levels = together
        if low is not None and high is not None and low >= high:
            message = f"range_low {low:.15g} is not below range_high {high:.15g}"
            points.note(mistakes, row, "range_low", message)
        given = [(name, value) for name, value in zip(names[2:], levels, strict=True) if value is not None]
        for (name, value), (upper_name, upper) in pairwise(given):
            both_low_or_high = name[0] == upper_name[0]
            if value > upper or (value == upper and not both_low_or_high):
                message = f"{name} {value:.15g} is not below {upper_name} {upper:.15g}, allowed is ll <= l < h <= hh"
                points.note(mistakes, row, name, message)
        for name, value in given:
            if (low is not None and value < low) or (high is not None and value > high):
                message = f"{name} {value:.15g} lies outside the instrument's range"
                points.note(mistakes, row, name, message, warning=True)
        if len(mistakes) == noted:
            fine.add(together)


def _check_unit_symbols(points: Table, mistakes: list[Mistake]) -> None:
    found: dict[tuple[Any, Any], str | None] = {}
    pairs = zip(points.columns["kind"], points.columns["unit_symbol"], strict=True)
    for row, pair in enumerate(pairs):
        if None in pair:
            continue
        if pair not in found:
            found[pair] = mistake_of(*pair)
        if message := found[pair]:
            points.note(mistakes, row, "unit_symbol", message)


def _check_addresses(points: Table, enterprise_of_unit: dict[str, str], mistakes: list[Mistake]) -> None:
    """A value is found by (topic, key), so no two points share both, and one without the other finds nothing."""
    first: dict[tuple[str | None, str | None], int] = {}
    cells = points.columns
    for row, (topic, key, unit) in enumerate(zip(cells["topic"], cells["key"], cells["unit"], strict=True)):
        if topic is None and key is None:
            continue
        if topic is None and cells["device"][row] is None:
            message = "is empty, so the key has no meaning; allowed is a key with a topic or a device"
            points.note(mistakes, row, "topic", message, warning=True)
        elif topic is not None and key is None and _native_owner(topic) is not None:
            message = "is empty, so the point is found by its id alone; allowed are topic and key together or neither"
            points.note(mistakes, row, "key", message, warning=True)
        elif topic is not None and (topic, key) in first and key is not None:
            line = points.lines[first[topic, key]]
            points.note(mistakes, row, "key", f"{shown(key)} on this topic stands twice, first on line {line}")
        else:
            first[topic, key] = row
        if topic is not None and unit in enterprise_of_unit:
            _check_owner(points, row, topic, enterprise_of_unit[unit], mistakes)


def _check_devices(points: Table, enterprise_of_unit: dict[str, str], mistakes: list[Mistake]) -> None:
    """A value without a topic of its own is found by (device, key) within an enterprise, so only one may have them."""
    first: dict[tuple[str, str, str | None], int] = {}
    cells = points.columns
    for row, (device, key, unit) in enumerate(zip(cells["device"], cells["key"], cells["unit"], strict=True)):
        if device is None or key is None:
            continue
        place = (device, key, enterprise_of_unit.get(unit))
        other = first.setdefault(place, row)
        if other != row and None in (cells["topic"][row], cells["topic"][other]):
            line = points.lines[other]
            points.note(mistakes, row, "key", f"{shown(key)} of this device stands twice, first on line {line}")


def _check_owner(points: Table, row: int, topic: str, enterprise: str, mistakes: list[Mistake]) -> None:
    owner = _native_owner(topic)
    if owner is not None and owner != enterprise:
        message = f"this topic is {shown(owner)}'s, so it can't report a point of {shown(enterprise)}"
        points.note(mistakes, row, "topic", message)


@lru_cache(1024)
def _native_owner(topic: str) -> str | None:
    """The enterprise that a topic of the native form names; None for another topic. Neighbours share their topics."""
    parts = topic.split("/")
    return parts[2] if len(parts) == 5 and (parts[0], parts[1]) == _NATIVE_TOPIC else None
