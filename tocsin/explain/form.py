"""An explanation as one JSON object (docs/reference/explain.md)."""

from typing import Any, Final

from rules.events import AlarmEvent, public_form
from tocsin.explain.explain import Explained
from tocsin.explain.story import Story
from tocsin.whatif.words import Lang

FORMAT: Final = "tocsin explain"
FORMAT_VERSION: Final = 1


def explain_form(found: Explained, lang: Lang) -> dict[str, Any]:
    """The object; `version` rises when a key changes its meaning or goes. Times are ms since the epoch."""
    story, version, rule, rerun = Story(found, lang), found.version, found.rule, found.rerun
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "alarm": found.alarm.alarm,
        "verdict": found.verdict,
        "proof": story.proof(),
        "why": story.why(),
        "events": [_event(numbered.event) for numbered in found.events],
        "rule": None if rule is None else rule.model_dump(mode="json", by_alias=True, exclude_unset=True),
        "in_force": None
        if version is None
        else {
            "version": found.version_number,
            "since": version.at_ms,
            "who": version.who,
            "why": version.why,
            "digest": version.digest,
        },
        "limit_from": found.limit_origin,
        "points": [point.point for point in found.points],
        "shown": {"from": found.from_ms, "to": found.to_ms},
        "quality": {}
        if found.stretch is None
        else {heard.point.point: {"readings": len(heard.at_ms), **heard.problems} for heard in found.stretch.heard},
        "outages": []
        if found.stretch is None
        else [
            {"from": first, "to": last, "source": source, "reason": reason}
            for first, last, source, reason in found.stretch.outages
        ],
        "rerun": None
        if rerun is None
        else {
            "from": rerun.begun,
            "entries": [rerun.start, rerun.stop],
            "since": rerun.start_ms,
            "readings": rerun.readings,
            "events": [_event(numbered.event) for numbered in rerun.events],
        },
    }


def _event(event: AlarmEvent) -> dict[str, Any]:
    return {**public_form(event), "received_at": event.received_at, "readings": event.readings}
