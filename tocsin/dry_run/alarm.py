"""The alarm of a dry run: made up from what the call says, or as the alarm book has it."""

from dataclasses import dataclass

from msgspec.structs import replace

from alerts.machine import State
from alerts.place import Place
from alerts.record import AlarmRecord
from plant.site import Site
from rules.schema import Rule, Severity
from rules.schema.base import AnyLevel
from rules.subjects import SubjectIndex

_SIDES = {"h": "high", "hh": "high", "l": "low", "ll": "low", "on": ""}


@dataclass(frozen=True, slots=True)
class Supposed:
    """What is said of an alarm that has not happened."""

    subject: str
    severity: Severity
    at_ms: int
    rule: str | None = None
    """Left out: the first rule on the subject with a level of that severity."""
    level: AnyLevel | None = None
    historical: bool = False
    exercise: bool = False


def supposed_alarm(given: Supposed, place: Place, rules: tuple[Rule, ...], site: Site) -> AlarmRecord:
    """The alarm as it would be raised. LookupError, in words, for a rule that is not in force or lacks the level."""
    rule = _rule(given, rules, site)
    level = given.level or _level(given, rule)
    return AlarmRecord(
        alarm="dry-run",
        rule=rule.id if rule is not None else given.rule or "",
        version=rule.version if rule is not None else 0,
        subject=given.subject,
        side=_SIDES[level],
        enterprise=place.enterprise,
        state=State.ACTIVE_UNACKNOWLEDGED,
        level=level,
        severity=given.severity,
        peak_level=level,
        peak_severity=given.severity,
        worst_severity=given.severity,
        raised_at=given.at_ms,
        last_at=given.at_ms,
        value=None,
        limit=None,
        onset=None,
        historical=given.historical,
        exercise=given.exercise,
        reason="dry run",
        events=1,
        latching=False,
    )


def raised_again(record: AlarmRecord) -> AlarmRecord:
    """An alarm of the book as it stood when it was raised, but at the worst it reached."""
    return replace(
        record,
        state=State.ACTIVE_UNACKNOWLEDGED,
        severity=record.worst_severity,
        peak_severity=record.worst_severity,
        level=record.peak_level,
        last_at=record.raised_at,
        events=1,
        cleared_at=None,
        acknowledged_by=None,
        acknowledged_at=None,
        shelved_by=None,
        shelved_until=None,
        suppressed_by=None,
    )


def _rule(given: Supposed, rules: tuple[Rule, ...], site: Site) -> Rule | None:
    if given.rule is not None:
        found = next((rule for rule in rules if rule.id == given.rule), None)
        if found is None and not given.rule.startswith("tocsin."):
            raise LookupError(f"no rule {given.rule} is in force at this site")
        if found is not None and given.level is not None and given.level not in found.levels:
            raise LookupError(f"rule {given.rule} has no level {given.level}, it has {', '.join(found.levels)}")
        return found
    index = SubjectIndex(site)
    for rule in rules:
        severe = any(rule.severity_of(level) == given.severity for level in rule.levels)
        if rule.enabled and severe and any(point.point == given.subject for point in index.of(rule)):
            return rule
    return None


def _level(given: Supposed, rule: Rule | None) -> AnyLevel:
    levels = () if rule is None else tuple(lv for lv in rule.levels if rule.severity_of(lv) == given.severity)
    return levels[-1] if levels else "hh" if given.severity == "red" else "h"
