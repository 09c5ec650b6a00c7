"""What routes match on, against the site and its rules: ids that don't exist, and alarms that nobody is told of."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from alerts.routes.matching import glob_fits
from alerts.routes.placed import Placed, PlacedFile, some, unknown
from alerts.routes.reach import Reach
from alerts.routes.schema import Match, RouteSettings
from plant.mistakes import Mistake
from plant.site import Site
from plant.site_reader.columns import UNIT_KINDS
from plant.time_zones import time_zone_mistake
from rules.schema import Rule

_OWN_RULES: Final = "tocsin."
"""How the ids of alarms begin that come of no rule (docs/reference/events.md)."""


def check_matches(parsed: PlacedFile, site: Site, rules: Sequence[Rule], reach: Reach, mistakes: list[Mistake]) -> None:
    """Note what no alarm of the site can ever have, and warn of enterprises of whose red alarms nobody is told."""
    known = _Known(site, rules, reach)
    for placed in parsed.routes:
        known.check(placed, mistakes)
    told: set[str] = set()
    for placed in parsed.routes:
        match = placed.value.match
        if not match.exercise and not match.historical and (not match.severity or "red" in match.severity):
            told.update(reach.enterprises(match))
    untold = [enterprise for enterprise in site.enterprises if enterprise not in told]
    if parsed.routes and untold:
        parsed.whole.note(mistakes, f"nobody is told of red alarms at {some(untold)}", warning=True)


class _Known:
    """What there is to match on."""

    def __init__(self, site: Site, rules: Sequence[Rule], reach: Reach) -> None:
        self._reach = reach
        self._rules = dict.fromkeys(rule.id for rule in rules)
        self._kinds = dict.fromkeys(point.kind for point in site.points.values())
        self._enterprises, self._units = site.enterprises, site.units
        self._parks = {enterprise.park for enterprise in site.enterprises.values() if enterprise.park}
        self._industries = {enterprise.industry for enterprise in site.enterprises.values() if enterprise.industry}
        self._unit_kinds = {unit.kind for unit in site.units.values()}
        self._tags = {tag for point in site.points.values() for tag in point.tags}

    def check(self, placed: Placed[RouteSettings], mistakes: list[Mistake]) -> None:
        match = placed.value.match
        before = len(mistakes)

        def ids(name: str, given: Iterable[str], known: Collection[str], allowed: str) -> None:
            for i, word in enumerate(given):
                if word not in known:
                    placed.note(mistakes, unknown(word, known, allowed), "match", name, i)

        ids("region", match.region, self._reach.regions, "the ids of regions.csv")
        ids("park", match.park, self._parks, "the parks of enterprises.csv")
        ids("industry", match.industry, self._industries, "the industries of enterprises.csv")
        ids("unit_kind", match.unit_kind, UNIT_KINDS, ", ".join(UNIT_KINDS))
        self._globs(placed, "enterprise", self._enterprises, "the ids of enterprises.csv, and * for any text", mistakes)
        self._globs(placed, "unit", self._units, "the ids of units.csv, and * for any text", mistakes)
        self._globs(placed, "rule", self._rules, "the ids of rules in force, and * for any text", mistakes)
        for i, kind in enumerate(match.kind or ()):
            if not any(glob_fits(known, kind) for known in self._kinds):
                placed.note(mistakes, f"no point is of kind {kind[:64]}", "match", "kind", i, warning=True)
        for i, tag in enumerate(match.tags):
            if tag not in self._tags:
                placed.note(mistakes, f"no point has the tag {tag[:64]}", "match", "tags", i, warning=True)
        for i, kind in enumerate(match.unit_kind):
            if kind in UNIT_KINDS and kind not in self._unit_kinds:
                placed.note(mistakes, f"no unit is a {kind}", "match", "unit_kind", i, warning=True)
        if match.hours is not None:
            zone = match.hours.timezone
            if zone is not None and (message := time_zone_mistake(zone)) is not None:
                placed.note(mistakes, message, "match", "hours", "timezone")
            if not (match.hours.shift or match.hours.calendar):
                placed.note(mistakes, "says nothing, allowed are shift and calendar", "match", "hours")
        if len(mistakes) == before and _names_places(match) and not self._reach.enterprises(match):
            placed.note(mistakes, "no enterprise fits all of it, so it matches nothing", "match", warning=True)

    def _globs(
        self,
        placed: Placed[RouteSettings],
        name: str,
        known: Collection[str],
        allowed: str,
        mistakes: list[Mistake],
    ) -> None:
        for i, glob in enumerate(getattr(placed.value.match, name) or ()):
            if glob in known or (name == "rule" and glob.startswith(_OWN_RULES)):
                continue
            if not any(c in glob for c in "*?["):
                placed.note(mistakes, unknown(glob, known, allowed), "match", name, i)
            elif not any(glob_fits(word, glob) for word in known):
                placed.note(mistakes, f"no {name} is like {glob[:64]}", "match", name, i, warning=True)


def _names_places(match: Match) -> bool:
    return bool(match.region or match.park or match.industry or match.unit_kind or match.enterprise or match.unit)
