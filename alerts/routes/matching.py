"""Which routes an alarm enters, at a cost that hardly grows with their number (docs/reference/routes.md, 1).

Routes are the bits of a whole number. Each thing that `match` may ask for has, for every value of it, the routes that
take the value; what remains of them all are the routes that match.
"""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Final, TypeVar

from alerts.place import Place
from alerts.record import AlarmRecord
from alerts.routes.schema import Hours, RouteSettings
from alerts.routes.timetable import Timetable
from plant.site import Site
from rules.schema import Shift

T = TypeVar("T")

_WILD: Final = frozenset("*?[")
_BOTH: Final = (False, True)
_ALL_DAY: Final = Shift.model_validate({"from": "00:00", "to": "24:00"})


class Matcher:
    """The routes of one file on one site."""

    def __init__(self, routes: Sequence[RouteSettings], site: Site) -> None:
        self._routes = tuple(routes)
        matches = [route.match for route in routes]
        self._severity = _Words(match.severity for match in matches)
        self._level = _Words(match.level for match in matches)
        self._side = _Words(match.side for match in matches)
        self._rule = _Globs(match.rule for match in matches)
        self._kind = _Globs(match.kind for match in matches)
        self._enterprise = _Globs(match.enterprise for match in matches)
        self._unit = _Globs(match.unit for match in matches)
        self._region = _Words(match.region for match in matches)
        self._park = _Words(match.park for match in matches)
        self._unit_kind = _Words(match.unit_kind for match in matches)
        self._industry = _Words(match.industry for match in matches)
        self._tags = [(bit, frozenset(match.tags)) for bit, match in _bits(matches) if match.tags]
        self._exercise = [sum(bit for bit, match in _bits(matches) if match.exercise is value) for value in _BOTH]
        self._historical = [
            sum(bit for bit, match in _bits(matches) if match.historical in (None, value)) for value in _BOTH
        ]
        self._hours = [(bit, timetable(match.hours, site)) for bit, match in _bits(matches) if match.hours is not None]
        self._timed = sum(bit for bit, _ in self._hours)
        self._masks: dict[tuple[str, str], int] = {}
        """What of it all goes by the place, by (subject, enterprise)."""
        self._found: dict[int, tuple[RouteSettings, ...]] = {}

    def matching(self, alarm: AlarmRecord, place: Place) -> tuple[RouteSettings, ...]:
        """In the order of the file, up to one with `last`."""
        mask = self._masks.get((place.subject, place.enterprise))
        if mask is None:
            mask = self._masks[place.subject, place.enterprise] = self._mask_of(place)
        mask &= self._exercise[alarm.exercise] & self._historical[alarm.historical]
        mask &= self._severity.of(alarm.peak_severity) & self._level.of(alarm.peak_level)
        mask &= self._side.of(alarm.side) & self._rule.of(alarm.rule)
        if mask & self._timed:
            for bit, table in self._hours:
                if mask & bit and not table.at(alarm.raised_at).shifts:
                    mask ^= bit
        found = self._found.get(mask)
        if found is None:
            found = self._found[mask] = self._up_to_last(mask)
        return found

    def _mask_of(self, place: Place) -> int:
        mask = self._kind.of(place.kind) & self._enterprise.of(place.enterprise) & self._unit.of(place.unit)
        mask &= self._region.of_any(place.regions) & self._park.of(place.park)
        mask &= self._unit_kind.of(place.unit_kind) & self._industry.of(place.industry)
        tags = frozenset(place.tags)
        return mask & ~sum(bit for bit, wanted in self._tags if not wanted <= tags)

    def _up_to_last(self, mask: int) -> tuple[RouteSettings, ...]:
        found: list[RouteSettings] = []
        for bit, route in _bits(self._routes):
            if mask & bit:
                found.append(route)
                if route.last:
                    break
        return tuple(found)


def glob_fits(text: str, glob: str) -> bool:
    """Whether an id is one that a glob means. What has no such id (a site has no unit) fits none."""
    return bool(text) and fnmatchcase(text, glob)


def timetable(hours: Hours, site: Site) -> Timetable:
    """The hours of a match as shifts; without a shift all day."""
    shifts = [(shift, hours.calendar) for shift in hours.shift or (_ALL_DAY,)]
    return Timetable(hours.timezone or site.timezone, shifts, site.calendar)


class _Words:
    """Routes by one of the words they list; those that list none take any."""

    def __init__(self, wanted: Iterable[Sequence[str]]) -> None:
        self._open = 0
        self._by_word: dict[str, int] = {}
        for bit, words in _bits(wanted):
            if not words:
                self._open |= bit
            for word in words:
                self._by_word[word] = self._by_word.get(word, 0) | bit

    def of(self, word: str) -> int:
        return self._open | self._by_word.get(word, 0)

    def of_any(self, words: Iterable[str]) -> int:
        mask = self._open
        for word in words:
            mask |= self._by_word.get(word, 0)
        return mask


class _Globs:
    """Routes by one of the globs they list; those without take any. What was asked is kept: ids are few."""

    def __init__(self, wanted: Iterable[Sequence[str] | None]) -> None:
        given = [tuple(globs or ()) for globs in wanted]
        wild = [tuple(glob for glob in globs if not _WILD.isdisjoint(glob)) for globs in given]
        self._wild = [(bit, glob) for bit, globs in _bits(wild) for glob in globs]
        self._plain = _Words(given)
        self._known: dict[str, int] = {}

    def of(self, text: str) -> int:
        found = self._known.get(text)
        if found is None:
            found = self._plain.of(text)
            for bit, glob in self._wild:
                if glob_fits(text, glob):
                    found |= bit
            self._known[text] = found
        return found


def _bits(items: Iterable[T]) -> Iterable[tuple[int, T]]:
    return ((1 << position, item) for position, item in enumerate(items))
