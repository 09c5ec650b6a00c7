"""Which rows of points.csv an unknown device would become. Pure: nothing is written here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ingest.guess import guess_kind, usual_symbol
from ingest.lookup import enterprise_of
from ingest.units import symbol_of
from ingest.unknown import UnknownDevice, UnknownKey
from plant.site import Site
from plant.site_reader.unit_symbols import symbols_of

_UNMEASURED_PERIOD_S: Final = 60.0
_FORMULA: Final = ("=", "+", "-", "@")
"""What a spreadsheet takes for the beginning of a formula, also in a CSV file."""
_ESCAPED: Final = re.compile(r"\\(?:[nrt]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")
"""Characters that `ingest.unknown` keeps escaped: line ends, marks that turn the direction of writing, ..."""


class AdoptionError(ValueError):
    """The device can't be adopted as asked; the message says what is needed."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the engineer says: everything else is proposed."""

    unit: str | None = None
    kinds: Mapping[str, str] | None = None
    """Key -> kind."""
    leave_out: Sequence[str] = ()
    period_s: float | None = None


def propose_rows(device: UnknownDevice, site: Site, wish: Wish) -> list[dict[str, str]]:
    """Rows by column name, one a key. AdoptionError says what must be told."""
    kinds = dict(wish.kinds or {})
    strangers = sorted({*kinds, *wish.leave_out} - set(device.keys))
    if strangers:
        raise AdoptionError(f"{device.device} sends no {', '.join(strangers)}; it sends {', '.join(device.keys)}")
    keys = {key: seen for key, seen in device.keys.items() if key not in wish.leave_out}
    if not keys:
        raise AdoptionError(f"{device.device} sends nothing that could become a point")
    _check_names(device, keys)
    undecided = [key for key, seen in keys.items() if key not in kinds and guess_kind(key, seen) is None]
    if undecided:
        told = " ".join(f"--kind {key}=KIND" for key in undecided)
        raise AdoptionError(f"what is {', '.join(undecided)}? Say {told}, or --leave-out a key")
    unit = wish.unit or _unit_of(device, site)
    if unit not in site.units:
        raise AdoptionError(f"no unit {unit}, known are {_some(site.units)}")
    owner = site.units[unit].enterprise
    if device.enterprise and owner != device.enterprise:
        raise AdoptionError(f"unit {unit} is of {owner}, the device publishes under {device.enterprise}")
    taken = set(site.points)
    rows = []
    for key, seen in keys.items():
        kind = kinds.get(key) or _guessed(key, seen)
        point = _new_id(device.device, key, taken)
        taken.add(point)
        rows.append(_row(point, unit, kind, device, key, seen, wish.period_s))
    return rows


def _row(
    point: str, unit: str, kind: str, device: UnknownDevice, key: str, seen: UnknownKey, period_s: float | None
) -> dict[str, str]:
    by_topic = enterprise_of(device.topic) is not None or device.device == device.topic
    period = period_s or _rounded(device.period_s())
    return {
        "point": point,
        "unit": unit,
        "kind": kind,
        "unit_symbol": _symbol(kind, seen.unit),
        "period_s": f"{period:g}",
        "topic": device.topic if by_topic else "",
        "key": key,
        "device": "" if device.device == device.topic else device.device,
    }


def _symbol(kind: str, said: str) -> str:
    """What the device says, as points.csv spells it; where the kind has no such unit, the one in which it is wanted."""
    known = symbol_of(said) if said else None
    fitting = [word for word in (said, known) if word and word in symbols_of(kind)]
    return fitting[0] if fitting else usual_symbol(kind)


def _check_names(device: UnknownDevice, keys: Mapping[str, UnknownKey]) -> None:
    """AdoptionError for names that a cell does not keep as they are, or that a spreadsheet would run as a formula."""
    for name in (device.device, device.topic, *keys):
        if name.startswith(_FORMULA):
            raise AdoptionError(f"{name!r} would be a formula in a spreadsheet: --leave-out it, or name it otherwise")
        if name != name.strip() or "…" in name or _ESCAPED.search(name):
            raise AdoptionError(f"{name!r} can't stand in a cell as it is sent: --leave-out it, or name it otherwise")


def _guessed(key: str, seen: UnknownKey) -> str:
    guess = guess_kind(key, seen)
    assert guess is not None  # noqa: S101 - undecided keys were refused before
    return guess.kind


def _unit_of(device: UnknownDevice, site: Site) -> str:
    same = {point.unit for point in site.points.values() if point.device == device.device}
    if len(same) == 1:
        return same.pop()
    of_enterprise = [unit.unit for unit in site.units.values() if unit.enterprise == device.enterprise]
    if len(of_enterprise) == 1:
        return of_enterprise[0]
    raise AdoptionError(
        f"in which unit does {device.device} stand? Say --unit, such as {_some(of_enterprise or site.units)}"
    )


def _new_id(device: str, key: str, taken: set[str]) -> str:
    """An id of the device and the key, made unique by a number."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{device.rpartition('/')[2] if '/' in device else device}-{key}").strip(
        "-"
    )
    stem = stem[:56] or "point"
    point, n = stem, 2
    while point in taken:
        point, n = f"{stem}-{n}", n + 1
    return point


def _rounded(period_s: float | None) -> float:
    if period_s is None or period_s <= 0:
        return _UNMEASURED_PERIOD_S
    return float(f"{max(period_s, 0.1):.1f}") if period_s < 10 else float(round(period_s))


def _some(ids: Sequence[str] | Mapping[str, object]) -> str:
    listed = list(ids)
    return ", ".join(listed[:8]) + (", ..." if len(listed) > 8 else "")
