"""A failed test in words: what was expected, what came, and the readings around it, in order of time."""

from rules.events import AlarmEvent
from rules.trial.compare import Verdict, off_by_ms
from rules.trial.feed import Given
from rules.trial.runner import Trial, TrialRun
from rules.trial.schema import Wanted
from rules.trial.spans import span_text

_AROUND = 3
"""Readings before and after each line that differs, of the same point where it is one."""


def failure_lines(trial: Trial, run: TrialRun, verdict: Verdict) -> list[str]:
    """Lines to print of a test that failed; those with - did not come, those with + were not to come."""
    lines = [f"{trial.file}:{trial.line}: FAILED: {trial.form.name}"]
    lines += [
        f"    expected, did not come:  {_wanted(wanted)}{_off(off_by_ms(wanted, verdict, run))}"
        for wanted in verdict.missing
    ]
    lines += [f"    came, not expected:      {_event(event, run)}" for event in verdict.unexpected]
    lines += [f"    came, forbidden by none: {_event(event, run)}" for event in verdict.forbidden]
    lines.append("    in order of time (- did not come, + was not to come):")
    return lines + [f"    {line}" for line in _timeline(run, verdict)]


def _timeline(run: TrialRun, verdict: Verdict) -> list[str]:
    wrong = [*verdict.unexpected, *verdict.forbidden]
    rows: list[tuple[int, int, str]] = []
    places: list[tuple[int, str | None]] = [(event.at - run.start_ms, event.subject) for event in wrong]
    for wanted in verdict.missing:
        if wanted.at is not None:
            rows.append((wanted.at, 2, f"- {_wanted(wanted)}"))
            places.append((wanted.at, wanted.subject))
    for event in run.events:
        mark = "+" if event in wrong else " "
        rows.append((event.at - run.start_ms, 1, f"{mark} {_event(event, run)}"))
        if not places:
            places.append((event.at - run.start_ms, event.subject))
    shown = _around(run.given, places or [(run.end_ms, None)])
    rows += [(run.given[i].at_ms, 0, f"  {_reading(run.given[i])}") for i in sorted(shown)]
    lines, before = [], -1
    for at, what, text in sorted(rows, key=lambda row: row[:2]):
        place = next((i for i in sorted(shown) if run.given[i].at_ms == at and what == 0), None)
        if place is not None:
            if place > before + 1:
                lines.append("      ...")
            before = max(place, before)
        lines.append(text)
    if before < len(run.given) - 1:
        lines.append("      ...")
    return lines


def _around(given: tuple[Given, ...], places: list[tuple[int, str | None]]) -> set[int]:
    """Places in `given` that lie next to a time, of the point where it is a point that has readings."""
    shown: set[int] = set()
    names = {reading.point for reading in given}
    for at, subject in places:
        mine = [i for i, reading in enumerate(given) if subject not in names or reading.point == subject]
        shown.update([i for i in mine if given[i].at_ms <= at][-_AROUND:])
        shown.update([i for i in mine if given[i].at_ms > at][:_AROUND])
    return shown


def _reading(reading: Given) -> str:
    value = "no value" if reading.value is None else f"{reading.value:.6g}"
    quality = "" if reading.quality == "good" else f" ({reading.quality})"
    late = "" if reading.received_ms in (None, reading.at_ms) else f", arrived at {span_text(reading.received_ms or 0)}"
    return f"{span_text(reading.at_ms):>8}  {reading.point} = {value}{quality}{late}"


def _event(event: AlarmEvent, run: TrialRun) -> str:
    side = f" side {event.side}" if event.side == "degraded" else ""
    head = f"{span_text(event.at - run.start_ms):>8}  {event.event} {event.rule} {event.subject}{side}"
    held = "" if event.value is None else f" at {event.value:.6g}"
    limit = "" if event.limit is None else f", limit {event.limit:.6g}"
    return f"{head} {event.level} {event.severity}{held}{limit} ({event.reason})"


def _off(ms: int | None) -> str:
    if ms is None:
        return ""
    return f": came {span_text(abs(ms))} too {'late' if ms > 0 else 'early'}"


def _wanted(wanted: Wanted) -> str:
    when = "any time" if wanted.at is None else span_text(wanted.at)
    within = f" (within {span_text(wanted.within)})" if wanted.within else ""
    side = f"side {wanted.side or 'none'}" if wanted.side is not None else ""
    words = [wanted.event, wanted.rule, wanted.subject, side, wanted.level, wanted.severity]
    return f"{when:>8}  {' '.join(word for word in words if word)}{within}"
