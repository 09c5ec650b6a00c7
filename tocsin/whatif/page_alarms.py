"""The part of a comparison's page that shows the alarms that differ, one by one."""

from typing import Final
from zoneinfo import ZoneInfo

from plant.site import Site
from tocsin.pages import Cell, Column, Html, facts, paragraph, section, table
from tocsin.whatif.diff import Diff
from tocsin.whatif.diff_trend import pair_trend
from tocsin.whatif.matching import Change, Pair
from tocsin.whatif.page_words import Said
from tocsin.whatif.recording import Recording
from tocsin.whatif.shown import TONES, clock_text, length_text, severity_tone
from tocsin.whatif.words import LEVELS, SEVERITY, Lang, changes_text, subject_text

_MOST_ROWS: Final = 200


def alarms_part(diff: Diff, recording: Recording, lang: Lang, said: Said, trends: int) -> list[Html]:
    """The worst `trends` with their trends, those that are gone or new first chosen; the others in a table."""
    parts = [paragraph(said["each_intro"])]
    drawn = [p for p in diff.listed if p.changes[0] in (Change.GONE, Change.NEW)][:trends]
    drawn += [p for p in diff.listed if p not in drawn][: trends - len(drawn)]
    shown = [pair for pair in diff.listed if pair in drawn]
    parts += [_one(pair, diff, recording, lang, said) for pair in shown]
    rest = [pair for pair in diff.listed if pair not in drawn]
    if rest:
        names = ("what", "severity", "rule", "subject", "raised_before", "raised_after")
        rows = [_row(pair, diff, lang) for pair in rest[:_MOST_ROWS]]
        parts.append(table([Column(said[name]) for name in names], rows, caption=said["others"]))
    left = max(0, len(rest) - _MOST_ROWS) + diff.not_listed
    if left:
        parts.append(paragraph(said["not_listed"].format(n=left)))
    return parts


def _row(pair: Pair, diff: Diff, lang: Lang) -> list[str | Cell]:
    zone = ZoneInfo(diff.after.site.timezone)
    times = ["-" if s is None else clock_text(s.raised_at_ms, zone) for s in (pair.before, pair.after)]
    what = changes_text(pair.changes, lang)
    severity = pair.span.severity
    return [
        Cell(what, TONES.get(pair.changes[0], "")),
        Cell(SEVERITY[severity][lang], severity_tone(severity)),
        pair.span.rule,
        subject_text(pair.span, lang),
        *times,
    ]


def _one(pair: Pair, diff: Diff, recording: Recording, lang: Lang, said: Said) -> Html:
    what = changes_text(pair.changes, lang)
    zone = ZoneInfo(diff.after.site.timezone)
    given = [(said["where"], _where(pair, lang, diff.after.site, diff.before.site))]
    for name, span in (("before", pair.before), ("after", pair.after)):
        if span is None:
            given.append((said[name], said["no_alarm"]))
            continue
        end = said["still"] if span.ended_at_ms is None else clock_text(span.ended_at_ms, zone)
        text = said["alarm"].format(
            severity=SEVERITY[span.severity][lang],
            level=LEVELS[span.level][lang] if span.level in LEVELS else span.level,
            start=clock_text(span.raised_at_ms, zone),
            end=end,
            length=length_text(span.length_ms(diff.end_ms), said),
        )
        given.append((said[name], text))
    if pair.later_ms:
        moved = said["later_by" if pair.later_ms > 0 else "earlier_by"]
        given.append((said["moved"], moved.format(length=length_text(abs(pair.later_ms), said))))
    parts = [facts(given)]
    trend = pair_trend(pair, diff, recording, said)
    if trend is not None:
        parts.append(trend)
    return section(
        said["heading"].format(what=what, rule=pair.span.rule, subject=subject_text(pair.span, lang)),
        parts,
        level=3,
        tone=TONES.get(pair.changes[0], ""),
    )


def _where(pair: Pair, lang: Lang, *sites: Site) -> str:
    for site in sites:
        point = site.points.get(pair.span.subject)
        if point is not None:
            unit, enterprise = site.units[point.unit], site.enterprises[point.enterprise]
            return f"{enterprise.name}, {unit.name}, {point.point} ({point.kind})"
    return subject_text(pair.span, lang)
