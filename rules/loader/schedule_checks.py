"""`active` and `when` of a rule against the site: what they name, what they may not hide (see schedules.md)."""

from collections.abc import Mapping

from plant.mistakes import Mistake
from plant.site import Point, Site
from rules.loader.replacing import looser
from rules.loader.rule_files import PlacedRule
from rules.schema import Rule
from rules.unit_points import UnitPoints


def _other_than_units(rule: Rule) -> str | None:
    """What a rule over several points stands on where that is no unit."""
    if rule.condition.gateway_down is not None:
        return "gateways"
    vote = rule.condition.vote
    if vote is None or vote.per == "unit":
        return None
    return {"enterprise": "enterprises", "device": "devices", "site": "the site"}[vote.per]


class ScheduleChecks:
    """Checks rule after rule."""

    def __init__(self, site: Site, mistakes: list[Mistake]) -> None:
        self._site = site
        self._mistakes = mistakes
        self._units: UnitPoints | None = None

    def check(self, placed: PlacedRule, points: list[Point]) -> None:
        """Note what is wrong with the schedule of one rule, which applies to these points."""
        rule = placed.rule
        if rule.active is not None:
            self._check_active(placed, points)
        if rule.when and rule.condition.kind != "limit":
            self._mistakes.append(placed.mistake("when", f"can't be used with {rule.condition.kind}, allowed is limit"))
        elif rule.when:
            self._check_when(placed, points)

    def _check_active(self, placed: PlacedRule, points: list[Point]) -> None:
        rule, active = placed.rule, placed.rule.active
        assert active is not None  # noqa: S101 - the caller asked
        if set(rule.levels) <= set(rule.never_suppress):
            message = "every level is under never_suppress, and these take no notice of a schedule"
            self._mistakes.append(placed.mistake("active", message))
        if rule.condition.kind == "calibration":
            self._mistakes.append(placed.mistake("active", "can't be used with calibration"))
        elif active.while_ is not None and active.points is not None:
            if rule.condition.stale is not None:
                self._mistakes.append(placed.mistake("active.while", "can't be used with stale"))
            elif (subject := _other_than_units(rule)) is not None:
                message = (
                    f"names points of a unit, but the alarms of this rule stand on {subject}; "
                    "allowed are shift and calendar, or a while on the rules that it names"
                )
                self._mistakes.append(placed.mistake("active.while", message))
            else:
                self._check_points(placed, ("active", "points"), active.points, points)

    def _check_when(self, placed: PlacedRule, points: list[Point]) -> None:
        rule = placed.rule
        for i, entry in enumerate(rule.when):
            path = ("when", i, "levels")
            self._check_points(placed, ("when", i, "points"), entry.points, points)
            if entry.levels.named != rule.levels:
                message = (
                    f"names {', '.join(entry.levels.named)}, needed are those of the rule: {', '.join(rule.levels)}"
                )
                self._mistakes.append(placed.mistake_at(path, message))
                continue
            for level in entry.levels.named:
                value, own = getattr(entry.levels, level), getattr(rule.condition.limit, level)
                if level in rule.ceiling and looser(level, value, rule.ceiling[level]):
                    message = f"{value:.15g} is looser than the ceiling {rule.ceiling[level]:.15g}"
                    self._mistakes.append(placed.mistake_at((*path, level), message))
                elif level in rule.never_suppress and own is not None and looser(level, value, own):
                    message = f"{value:.15g} is looser than the rule's {own:.15g}, which is under never_suppress"
                    self._mistakes.append(placed.mistake_at((*path, level), message))

    def _check_points(
        self, placed: PlacedRule, path: tuple[str | int, ...], names: Mapping[str, str], points: list[Point]
    ) -> None:
        if self._units is None:
            self._units = UnitPoints(self._site)
        units = sorted({point.unit for point in points})
        for name, what in names.items():
            found = {unit: self._units.matching(unit, what) for unit in units}
            several = next(((unit, some) for unit, some in found.items() if len(some) > 1), None)
            if several is not None:
                unit, some = several
                message = (
                    f"{what[:64]} is {some[0].point} and {some[1].point} in unit {unit}, allowed is one in each unit"
                )
                self._mistakes.append(placed.mistake_at((*path, name), message))
            lacking = [unit for unit, some in found.items() if not some]
            if what in self._site.points and units and len(lacking) == len(units):
                message = f"{what[:64]} is in no unit of the rule's points, allowed are points of these units"
                self._mistakes.append(placed.mistake_at((*path, name), message))
            elif lacking and not placed.of_pack:
                more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
                message = f"unit {lacking[0]}{more} has no point {what[:64]}, so it is always unknown there"
                self._mistakes.append(placed.mistake_at((*path, name), message, warning=True))
