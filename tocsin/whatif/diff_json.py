"""A comparison as one JSON object (docs/reference/rules-diff.md)."""

from typing import Any, Final

from tocsin.configuration import Configured
from tocsin.whatif.diff import Diff
from tocsin.whatif.matching import Change, Pair
from tocsin.whatif.rule_changes import ItemChange
from tocsin.whatif.spans import SEVERITIES, Span
from tocsin.whatif.tally import Side, Tally

FORMAT: Final = "tocsin rules diff"
FORMAT_VERSION: Final = 1


def diff_form(diff: Diff) -> dict[str, Any]:
    """The object; `version` rises when a key changes its meaning or goes. Times are ms, spans of time hours."""
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "before": _configuration(diff.before),
        "after": _configuration(diff.after),
        "from": diff.from_ms,
        "to": diff.end_ms,
        "readings": diff.readings,
        "same": diff.same,
        "rules_changed": [_item(item) for item in diff.rules if not item.wording_only],
        "rules_reworded": [_item(item) for item in diff.rules if item.wording_only],
        "points_changed": [_item(item) for item in diff.points],
        "points_left_out": diff.unheard,
        "total": _tally(diff.total, diff),
        "by_rule": {name: _tally(tally, diff) for name, tally in sorted(diff.by_rule.items())},
        "by_enterprise": {name: _tally(tally, diff) for name, tally in sorted(diff.by_enterprise.items())},
        "differences": [_pair(pair, diff) for pair in diff.listed],
        "differences_not_listed": diff.not_listed,
    }


def _configuration(configured: Configured) -> dict[str, Any]:
    enabled = sum(rule.enabled for rule in configured.rules)
    return {
        "site": configured.site.name,
        "digest": configured.digest,
        "rules": enabled,
        "points": len(configured.site.points),
    }


def _item(item: ItemChange) -> dict[str, Any]:
    return {
        "id": item.id,
        "what": item.what,
        "fields": [{"field": f.path, "before": f.before, "after": f.after} for f in item.fields],
    }


def _tally(tally: Tally, diff: Diff) -> dict[str, Any]:
    return {
        "before": _side(tally.before, diff),
        "after": _side(tally.after, diff),
        "changes": {change.value: tally.changes[change] for change in Change},
    }


def _side(side: Side, diff: Diff) -> dict[str, Any]:
    return {
        "alarms": side.alarms,
        "per_day": round(side.per_day(diff.stretch_ms), 3),
        "alarm_hours": round(side.alarm_hours, 3),
        "by_severity": {severity: side.by_severity[severity] for severity in SEVERITIES},
    }


def _pair(pair: Pair, diff: Diff) -> dict[str, Any]:
    span = pair.span
    return {
        "changes": [change.value for change in pair.changes],
        "rule": span.rule,
        "subject": span.subject,
        "side": span.side,
        "enterprise": span.enterprise,
        "later_ms": pair.later_ms,
        "before": _span(pair.before, diff),
        "after": _span(pair.after, diff),
    }


def _span(span: Span | None, diff: Diff) -> dict[str, Any] | None:
    if span is None:
        return None
    return {
        "alarm": span.alarm,
        "raised_at": span.raised_at_ms,
        "ended_at": span.ended_at_ms,
        "hours": round(span.length_ms(diff.end_ms) / 3_600_000, 4),
        "level": span.level,
        "severity": span.severity,
        "value": span.value,
        "limit": span.limit,
    }
