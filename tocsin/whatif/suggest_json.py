"""Advices as one JSON object (docs/reference/rules-suggest.md)."""

from typing import Any, Final

from tocsin.whatif.advice_text import to_set
from tocsin.whatif.nuisance import Record
from tocsin.whatif.suggest import Advice, Advices
from tocsin.whatif.trials import Trial

FORMAT: Final = "tocsin rules suggest"
FORMAT_VERSION: Final = 1


def suggest_form(found: Advices) -> dict[str, Any]:
    """The object; `version` rises when a key changes its meaning or goes."""
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "site": found.configured.site.name,
        "digest": found.configured.digest,
        "from": found.from_ms,
        "to": found.end_ms,
        "readings": found.readings,
        "alarms": [_advice(advice, found) for advice in found.advices],
    }


def _advice(advice: Advice, found: Advices) -> dict[str, Any]:
    rule, subject, side = advice.key
    return {
        "rule": rule,
        "subject": subject,
        "side": side,
        "today": _record(advice.record),
        "suggestion": None if advice.best is None else _trial(advice.best),
        "to_set": to_set(advice, found),
        "why_none": advice.why_none,
        "tried": [_trial(trial) for trial in advice.trials],
    }


def _record(record: Record) -> dict[str, Any]:
    return {
        "alarms": record.alarms,
        "chatters": record.chatters,
        "repeats": record.repeats,
        "stands": record.stands,
        "most_in_a_minute": record.most_in_a_minute,
        "most_in_an_hour": record.most_in_an_hour,
        "longest_hours": round(record.longest_ms / 3_600_000, 4),
        "alarm_hours": round(record.standing_ms / 3_600_000, 4),
    }


def _trial(trial: Trial) -> dict[str, Any]:
    candidate = trial.candidate
    return {
        "setting": candidate.setting,
        "levels": list(candidate.levels),
        "before": candidate.before,
        "value": candidate.value,
        "origin": candidate.origin,
        "then": _record(trial.record),
        "missed": trial.missed,
        "less_severe": trial.quieter,
        "most_delay_ms": trial.most_delay_ms,
        "median_delay_ms": trial.median_delay_ms,
    }
