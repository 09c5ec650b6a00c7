"""Why a route matches an alarm, or does not: key by key of its `match` (pure, for people who ask)."""

from collections.abc import Sequence
from typing import NamedTuple

from alerts.place import Place
from alerts.record import AlarmRecord
from alerts.routes.matching import glob_fits, timetable
from alerts.routes.schema import Match
from plant.site import Site


class Reason(NamedTuple):
    """One key of a match: what it asks for, and what the alarm has."""

    key: str
    wanted: tuple[str, ...]
    found: tuple[str, ...]
    fits: bool


def reasons(match: Match, alarm: AlarmRecord, place: Place, site: Site) -> list[Reason]:
    """All that the match asks for, in the order of the file's keys; it matches where all fit.

    `exercise` is among them only where it does not fit; `hours` has no `found` but whether they are in force.
    """
    found: list[Reason] = []

    def words(key: str, wanted: Sequence[str], there: Sequence[str]) -> None:
        if wanted:
            found.append(Reason(key, tuple(wanted), tuple(there), not set(wanted).isdisjoint(there)))

    def globs(key: str, wanted: Sequence[str] | None, there: str) -> None:
        if wanted is not None:
            fits = any(glob_fits(there, glob) for glob in wanted)
            found.append(Reason(key, tuple(wanted), (there,) if there else (), fits))

    words("severity", match.severity, [alarm.peak_severity])
    globs("rule", match.rule, alarm.rule)
    globs("kind", match.kind, place.kind)
    words("level", match.level, [alarm.peak_level])
    words("side", match.side, [alarm.side])
    words("region", match.region, place.regions)
    words("park", match.park, [place.park] if place.park else [])
    globs("enterprise", match.enterprise, place.enterprise)
    globs("unit", match.unit, place.unit)
    words("unit_kind", match.unit_kind, [place.unit_kind] if place.unit_kind else [])
    words("industry", match.industry, [place.industry] if place.industry else [])
    if match.tags:
        found.append(Reason("tags", match.tags, place.tags, set(match.tags) <= set(place.tags)))
    if match.hours is not None:
        shifts = [f"{shift.from_}-{shift.to}" for shift in match.hours.shift]
        wanted = (*shifts, *([match.hours.calendar] if match.hours.calendar else []))
        in_force = bool(timetable(match.hours, site).at(alarm.raised_at).shifts)
        found.append(Reason("hours", wanted, (), in_force))
    if match.historical is not None:
        fits = match.historical is alarm.historical
        found.append(Reason("historical", (_word(match.historical),), (_word(alarm.historical),), fits))
    if match.exercise is not alarm.exercise:
        found.append(Reason("exercise", (_word(match.exercise),), (_word(alarm.exercise),), False))
    return found


def _word(value: bool) -> str:
    return "true" if value else "false"
