"""Facts: what a text says of an alarm, from its record, its event and the site."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec

from alerts.channels.port import Facts, Item, Language
from alerts.place import Places
from alerts.record import AlarmRecord
from alerts.severity import severity_rank
from alerts.wording.figures import figure, local_time
from alerts.wording.language import WORDS
from plant.site import Site
from rules.schema import Rule

FIELDS: Final = frozenset(
    {
        "alarm", "enterprise", "kind", "level", "limit", "point", "reason", "region", "rule", "severity", "subject",
        "symbol", "time", "unit", "value",
    }
)  # fmt: skip
"""What stands in braces in the words of a rule or a route. `point` is the subject, `symbol` the unit of `value`."""

_FIELD = re.compile(r"\{(\w+)\}")
_IN_THE_POINTS_UNIT: Final = frozenset({"limit", "twa", "forecast", "range", "deviation", "drift", "frozen"})


def fields_of(text: str) -> list[str]:
    """The names in braces in a text, in order."""
    return _FIELD.findall(text)


def filled(text: str, fields: Mapping[str, str]) -> str:
    """The text with its fields put in. A name that is no field stays as it is written."""
    return _FIELD.sub(lambda found: fields.get(found[1], found[0]), text)


class FactsOf:
    """Makes facts for the alarms of one configuration."""

    def __init__(self, site: Site, rules: Iterable[Rule], places: Places | None = None) -> None:
        self._site = site
        self._rules = {rule.id: rule for rule in rules}
        self._places = places or Places(site)

    def of(self, record: AlarmRecord, event: Mapping[str, Any], text: Mapping[str, str] | None = None) -> Facts:
        """The facts of an alarm at one of its events, in the published form (docs/reference/events.md).

        `text` are words by language that a route gives instead of the rule's. What is unknown (an alarm of a rule or
        a subject that is gone) is left out or shown as its id.
        """
        site, rule = self._site, self._rules.get(record.rule)
        place = self._places.of(record.subject, record.enterprise)
        point, unit = site.points.get(place.point), site.units.get(place.unit)
        enterprise = site.enterprises.get(place.enterprise)
        region = site.regions.get(place.regions[0]) if place.regions else None
        severity, level = _severity(record, event)
        found = Facts(
            alarm=record.alarm,
            severity=severity,
            level=level,
            side=record.side,
            enterprise_name=enterprise.name if enterprise is not None else place.enterprise,
            unit_name=unit.name if unit is not None else "",
            subject_name=self._subject_name(record.subject),
            kind=place.kind,
            rule=record.rule,
            value=_number(event.get("value")),
            limit=_number(event.get("limit")),
            unit_symbol=_unit_symbol(rule, (point.unit_symbol or "") if point is not None else ""),
            raised_at_ms=record.raised_at,
            zone=site.timezone,
            region_name=region.name if region is not None else "",
            reason=str(event.get("reason") or ""),
            historical=bool(event.get("historical", record.historical)),
            lat=place.lat,
            lon=place.lon,
        )
        at_ms = event.get("at")
        fields = {lang: _fields(found, lang, at_ms if isinstance(at_ms, int) else record.last_at) for lang in WORDS}
        words = text or (rule.text if rule is not None else {})
        guidance = rule.guidance if rule is not None else {}
        return replace(
            found,
            text={lang: filled(said, fields[_known(lang)]) for lang, said in words.items()},
            guidance={lang: filled(said, fields[_known(lang)]) for lang, said in guidance.items()},
        )

    def now(self, record: AlarmRecord) -> Facts:
        """The facts of an alarm as it stands, at its worst that is not acknowledged yet."""
        event = {
            "at": record.last_at,
            "level": record.peak_level,
            "severity": record.peak_severity,
            "value": record.value,
            "limit": record.limit,
            "reason": record.reason,
            "historical": record.historical,
        }
        return self.of(record, event)

    def _subject_name(self, subject: str) -> str:
        site = self._site
        unit, device = site.units.get(subject), site.devices.get(subject)
        enterprise = site.enterprises.get(subject)
        if subject == "site":
            return site.name
        named = unit or device or enterprise
        return named.name if named is not None and subject not in site.points else subject


def facts_of(item: Item) -> Facts:
    """The facts of an item; where it has none, what its event tells by ids."""
    if item.facts is not None:
        return item.facts
    try:
        event = msgspec.json.decode(item.event, type=dict[str, Any])
    except msgspec.MsgspecError:
        event = {}

    def text(key: str, otherwise: str = "") -> str:
        return str(event.get(key) or otherwise)

    return Facts(
        alarm=text("alarm", item.id),
        severity=text("severity"),
        level=text("level"),
        side=text("side"),
        enterprise_name=item.enterprise,
        unit_name="",
        subject_name=item.subject,
        kind="",
        rule=text("rule"),
        value=_number(event.get("value")),
        limit=_number(event.get("limit")),
        raised_at_ms=item.at_ms,
        reason=text("reason"),
        historical=event.get("historical") is True,
    )


def _severity(record: AlarmRecord, event: Mapping[str, Any]) -> tuple[str, str]:
    """Severity and level to speak of: the event's own while it rises, else the worst that is not acknowledged yet."""
    severity, level = str(event.get("severity") or record.severity), str(event.get("level") or record.level)
    rising = event.get("event") in ("raised", "upgraded", "downgraded")
    if not rising and severity_rank(record.peak_severity) > severity_rank(severity):
        return record.peak_severity, record.peak_level
    return severity, level


def _unit_symbol(rule: Rule | None, symbol: str) -> str:
    """The unit of value and limit: the point's, where the rule's condition is in it; else none."""
    if rule is None or not symbol:
        return ""
    kind, window = rule.condition.kind, rule.condition.window
    if kind == "rate":
        return f"{symbol}/s"
    own = kind in _IN_THE_POINTS_UNIT or (window is not None and window.stat != "count")
    return symbol if own else ""


def _fields(facts: Facts, language: Language, at_ms: int) -> dict[str, str]:
    words = WORDS[language]
    return {
        "alarm": facts.alarm,
        "enterprise": facts.enterprise_name,
        "kind": words.kind_name(facts.kind) or facts.kind,
        "level": words.level.get(facts.level, facts.level),
        "limit": figure(facts.limit),
        "point": facts.subject_name,
        "reason": facts.reason,
        "region": facts.region_name,
        "rule": facts.rule,
        "severity": words.severity_name(facts.severity),
        "subject": facts.subject_name,
        "symbol": facts.unit_symbol,
        "time": local_time(at_ms, facts.zone),
        "unit": facts.unit_name,
        "value": figure(facts.value),
    }


def _known(language: str) -> Language:
    return "zh" if language == "zh" else "en"


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
