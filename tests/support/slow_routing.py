"""Routes and people of a site folder, looked up the slow way, from docs/reference/routes.md and site-folder.md alone.

It answers what support.reference_telling asks. It reads the files by itself and knows what drills need of `match`
(severity, region, historical), of rosters (shifts) and of rungs.
"""

import csv
import math
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from alerts.call import Way
from alerts.place import Place
from alerts.record import AlarmRecord
from alerts.routes.schema import RouteSettings, RoutesFile, Who

EARTH_M = 6_371_008.8


class SlowRouting:
    def __init__(self, folder: Path) -> None:
        self.file = RoutesFile.model_validate(yaml.safe_load((folder / "routes.yaml").read_text("utf-8")))
        self.routes: Mapping[str, RouteSettings] = {route.id: route for route in self.file.routes}
        self._zone = ZoneInfo(yaml.safe_load((folder / "site.yaml").read_text("utf-8"))["timezone"])
        self._parent = {row["region"]: row["parent"] for row in _rows(folder, "regions")}
        self._enterprises = {row["enterprise"]: row for row in _rows(folder, "enterprises")}
        self._units = _rows(folder, "units")
        self._points = {row["point"]: row for row in _rows(folder, "points")}
        self.contacts = {row["contact"]: row for row in _rows(folder, "contacts")}

    def matching(self, alarm: AlarmRecord, place: Place) -> tuple[RouteSettings, ...]:
        found = []
        for route in self.file.routes:
            match = route.match
            fits = not match.severity or alarm.peak_severity in match.severity
            fits = fits and (not match.region or bool(set(match.region) & set(self._regions(alarm.enterprise))))
            fits = fits and match.historical in (None, alarm.historical)
            if fits:
                found.append(route)
                if route.last:
                    break
        return tuple(found)

    def people(self, who: Who, place: Place, at_ms: int) -> tuple[str, ...]:
        if who.contact is not None:
            return (who.contact,)
        if who.roster is not None:
            return self._on_duty(who.roster, at_ms)
        assert who.role is not None
        if who.of in (None, "enterprise"):
            return self._with_role(who.role, place.enterprise)
        assert who.of == "nearest"
        for region in self._regions(place.enterprise):
            if found := self._with_role(who.role, region):
                return found
        return ()

    def neighbours(self, within_m: float, role: str, place: Place) -> tuple[tuple[str, float], ...]:
        at = self._position_of(place)
        found = []
        for enterprise in self._enterprises:
            metres = min(_metres(at, position) for position in self._positions(enterprise))
            if enterprise != place.enterprise and metres <= within_m:
                found += [(metres, enterprise, contact) for contact in self._with_role(role, enterprise)]
        return tuple((contact, metres) for metres, _, contact in sorted(found))

    def ways(self, contact: str, over: Sequence[str] = ()) -> tuple[Way, ...]:
        return tuple(Way(contact, channel) for channel in over or self.contacts[contact]["channels"].split())

    def quiet_until(self, contact: str, at_ms: int) -> int:
        quiet = self.contacts[contact]["quiet"]
        if not quiet:
            return at_ms
        begin, end = (time.fromisoformat(part) for part in quiet.split("-"))
        now = self._local(at_ms)
        inside = begin <= now.time() < end if begin < end else now.time() >= begin or now.time() < end
        if not inside:
            return at_ms
        ends = datetime.combine(now.date(), end, self._zone)
        if ends <= now:
            ends += timedelta(days=1)
        return round(ends.timestamp() * 1000)

    def next_full_span(self, span_s: float, at_ms: int) -> int:
        midnight = datetime.combine(self._local(at_ms).date(), time(), self._zone)
        begin_ms, tomorrow = round(midnight.timestamp() * 1000), midnight + timedelta(days=1)
        span_ms = round(span_s * 1000)
        full = begin_ms + ((at_ms - begin_ms) // span_ms + 1) * span_ms
        return min(full, round(tomorrow.timestamp() * 1000))

    def _on_duty(self, name: str, at_ms: int) -> tuple[str, ...]:
        (roster,) = [roster for roster in self.file.rosters if roster.id == name]
        now = self._local(at_ms).strftime("%H:%M")
        found: list[str] = []
        for shift in roster.shifts:
            begin, end = shift.from_, shift.to
            if begin <= now < end if begin < end else now >= begin or now < end:
                found += [contact for contact in shift.contacts if contact not in found]
        return tuple(found or roster.otherwise)

    def _with_role(self, role: str, of: str) -> tuple[str, ...]:
        people = self.contacts.items()
        return tuple(name for name, row in people if (row["role"], row["region_or_enterprise"]) == (role, of))

    def _regions(self, enterprise: str) -> list[str]:
        """The enterprise's region and those above it, the lowest first."""
        region, found = self._enterprises[enterprise]["region"], []
        while region:
            found.append(region)
            region = self._parent[region]
        return found

    def _positions(self, enterprise: str) -> list[tuple[float, float]]:
        rows = [self._enterprises[enterprise], *(unit for unit in self._units if unit["enterprise"] == enterprise)]
        return [(float(row["lat"]), float(row["lon"])) for row in rows]

    def _position_of(self, place: Place) -> tuple[float, float]:
        unit = self._points[place.subject]["unit"]
        (row,) = [row for row in self._units if row["unit"] == unit]
        return float(row["lat"]), float(row["lon"])

    def _local(self, at_ms: int) -> datetime:
        return datetime.fromtimestamp(at_ms / 1000, self._zone)


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """By the angle between the two directions from the earth's centre."""
    a, b = (_direction(*position) for position in (one, other))
    return EARTH_M * math.atan2(math.dist(_cross(a, b), (0, 0, 0)), sum(x * y for x, y in zip(a, b, strict=True)))


def _direction(lat: float, lon: float) -> tuple[float, float, float]:
    p, q = math.radians(lat), math.radians(lon)
    return math.cos(p) * math.cos(q), math.cos(p) * math.sin(q), math.sin(p)


def _cross(a: tuple[float, float, float], b: tuple[float, float, float]) -> tuple[float, float, float]:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
