"""An explanation as a page that can be sent, printed and filed."""

import numpy as np

from tocsin.explain.explain import Explained
from tocsin.explain.readings import Heard
from tocsin.explain.story import Story
from tocsin.explain.words import EVENTS
from tocsin.pages import (
    Cell,
    Column,
    Html,
    Limit,
    Moment,
    Series,
    Span,
    facts,
    note,
    page,
    paragraph,
    section,
    table,
    trend_chart,
)
from tocsin.whatif.shown import severity_tone
from tocsin.whatif.words import LEVELS, Lang


def explain_page(found: Explained, lang: Lang) -> str:
    """The page as HTML. MissingExtraError without tocsin[reports]."""
    story = Story(found, lang)
    said = story.said
    tone = {"reproduced": "good", "differs": "bad", "impossible": "warn"}[found.verdict]
    proof = [note(story.proof(), tone)]  # type: ignore[arg-type]
    differences = story.differences()
    if differences:
        proof.append(table([Column(said["book"]), Column(said["again"])], differences, caption=said["differences"]))
    titles = [Column(said[name]) for name in ("when", "what", "severity", "level", "at_value", "remark")]
    colours = {story.time(n.event.at): n.event.severity for n in found.events}
    rows = [
        [when, what, Cell(severity, severity_tone(colours[when])) if severity else "", *more]
        for when, what, severity, *more in story.after()
    ]
    parts = [
        section(said["why"], [paragraph(" ".join(story.why())), *_charts(story), facts(story.facts())]),
        section(said["after"], [table(titles, rows)]),
    ]
    quality = list(story.quality())
    if quality:
        parts.append(section(said["quality"], [paragraph(line) for line in quality]))
    parts.append(section(said["proof"], proof))
    return page(said["title"], parts, lang=lang, lead=story.lead(), foot=said["foot"].format(zone=story.timezone))


def _charts(story: Story) -> list[Html]:
    stretch = story.found.stretch
    if stretch is None:
        return []
    return [_chart(story, heard) for heard in stretch.heard if np.isfinite(heard.value).any()]


def _chart(story: Story, heard: Heard) -> Html:
    found, said, lang = story.found, story.said, story.lang
    raised, record = found.raised, found.alarm
    finite = np.isfinite(heard.value)
    moments = []
    if raised.onset is not None and raised.onset != raised.at:
        moments.append(Moment(said["onset"], raised.onset))
    for n in found.events:
        event = n.event
        if event.at > found.to_ms:
            break
        is_alarm = event.event in ("raised", "upgraded")
        tone = severity_tone(event.severity) if is_alarm else "quiet"
        moments.append(
            Moment(EVENTS[event.event][lang] if event.event in EVENTS else event.event, event.at, tone, is_alarm)
        )
    end = min(record.cleared_at or found.to_ms, found.to_ms)
    spans = [Span(said["stands"], raised.at, end, severity_tone(record.worst_severity))]
    series = [
        Series(
            heard.point.point,
            heard.at_ms[finite],
            heard.value[finite],
            gap_ms=max(3000.0 * heard.point.period_s, 10_000.0),
            style="step" if heard.point.report == "on_change" else "line",
        )
    ]
    crossing = raised.forecast
    if crossing is not None and raised.limit is not None and raised.value is not None and len(raised.readings):
        at = raised.readings[-1][0]
        series.append(
            Series(said["forecast"], [at, crossing.at], [raised.readings[-1][1], raised.limit], "warn", "dashed")
        )
        if crossing.to is not None and crossing.to - crossing.at < 4 * max(crossing.at - at, 1):
            spans.append(Span(said["interval"], crossing.from_, crossing.to, "quiet"))
    limits = [
        Limit(f"{LEVELS[level][lang]} {value:g}", value, "red" if level in ("hh", "ll") else "orange")
        for level, value in found.levels(heard.point).items()
    ]
    return trend_chart(
        series,
        limits=limits,
        moments=moments,
        spans=spans,
        timezone=story.timezone,
        unit=heard.point.unit_symbol or "",
        caption=f"{heard.point.point} ({heard.point.kind})",
        height=220.0,
    )
