"""Reports as one page to print: figures large, charts, every table."""

from collections.abc import Sequence
from datetime import datetime

from alerts.kpi.targets import TARGETS
from tocsin.pages import (
    Cell,
    Column,
    Html,
    Lang,
    Tile,
    bar_chart,
    note,
    page,
    paragraph,
    rank_chart,
    section,
    table,
    tiles,
)
from tocsin.reports.assessment import Assessment
from tocsin.reports.coverage import Coverage
from tocsin.reports.delivery import Delivery
from tocsin.reports.disposal import DisposalReport
from tocsin.reports.gather import Asked, Made, head
from tocsin.reports.kpi import Kpi
from tocsin.reports.sheets import Sheet, Value, shown
from tocsin.reports.words import Words

_LISTED = 60
_WIDEST = 10


def report_page(asked: Asked, made: Sequence[Made], now_ms: int, lang: Lang) -> str:
    """The page. MissingExtraError where the extra `reports` is not installed."""
    words = Words(lang)
    name = made[0].name if len(made) == 1 else "month"
    said = dict(head(asked, name, now_ms, lang))
    parts = [section(words(one.name), _section(one, asked, words)) for one in made]
    overview = _overview(made, words)
    lead = " · ".join(said[key] for key in ("period", "scope"))
    return page(
        f"{said['title']} · {said['site']}",
        [*([tiles(overview)] if overview else []), *parts],
        lang=lang,
        lead=lead,
        foot=said["made"],
    )


def _section(made: Made, asked: Asked, words: Words) -> list[Html]:
    if made.figures is None:
        return [note(words("no_journal", why=made.why_not), "warn")]
    parts = _charts(made, asked, words)
    for sheet in made.sheets(asked, words.lang):
        parts.append(section(sheet.title, _table(sheet, words), level=3))
    return parts


def _table(sheet: Sheet, words: Words) -> list[Html]:
    if not sheet.rows:
        return [paragraph(words("nothing"))]
    columns = [Column(column.title, figures=column.form != "text") for column in sheet.columns]
    rows = [[_cell(value) for value in sheet.values(row)] for row in sheet.rows[:_LISTED]]
    parts = [table([columns[i] for i in some], [[row[i] for i in some] for row in rows]) for some in _widths(sheet)]
    if len(sheet.rows) > _LISTED:
        parts.append(paragraph(words("more", n=len(sheet.rows) - _LISTED)))
    if sheet.note:
        parts.append(paragraph(sheet.note))
    return parts


def _widths(sheet: Sheet) -> list[list[int]]:
    """Which columns stand in one table: a table too wide for a sheet of paper becomes two, with its texts in both."""
    every = range(len(sheet.columns))
    if len(sheet.columns) <= _WIDEST:
        return [list(every)]
    texts = [i for i in every if sheet.columns[i].form == "text"]
    figures = [i for i in every if i not in texts]
    half = -(-len(figures) // 2)
    return [texts + figures[:half], texts + figures[half:]]


def _cell(value: Value) -> str | Cell:
    return Cell(shown(value), value.tone) if value.tone else shown(value)


def _charts(made: Made, asked: Asked, words: Words) -> list[Html]:
    match made.figures:
        case Kpi() as kpi if kpi.alarms:
            days = [_day(ms, asked) for ms in asked.period.days_ms[:-1]]
            target = TARGETS["per_day"].value * kpi.consoles
            by_day = bar_chart(days, kpi.load.a_day, line=(target, f"{target:g}"), caption=words("alarms_a_day"))
            spread = rank_chart(
                [(words(s), n, s, f"{n:,} · {n / kpi.alarms:.1%}") for s, n in kpi.severities.items()],  # type: ignore[misc]
                caption=words("severity_spread"),
            )
            return [by_day, spread]
        case DisposalReport() as report if report.causes:
            groups = [(g.cause or "-", float(g.disposals), "", f"{g.disposals} · {g.share:.1%}") for g in report.groups]
            return [rank_chart(groups, caption=words("s.causes"))]  # type: ignore[arg-type]
        case Assessment() as assessment if any(a.score is not None for a in assessment.regions):
            ranked = [a for a in assessment.regions if a.score is not None]
            rows = [(a.name or a.id, a.score or 0.0, "", f"{a.score}") for a in ranked[:30]]
            return [rank_chart(rows, caption=words("s.regions"))]  # type: ignore[arg-type]
        case _:
            return []


def _overview(made: Sequence[Made], words: Words) -> list[Tile]:
    """The figures to see first."""
    found: list[Tile] = []
    for one in made:
        match one.figures:
            case Kpi() as kpi:
                found.append(Tile(words("f.alarms"), f"{kpi.alarms:,}", "", ""))
                per_day = next(j for j in kpi.judged if j.figure == "per_day")
                tone = "" if per_day.met is None else "good" if per_day.met else "bad"
                found.append(Tile(words("f.per_day"), f"{per_day.value:,.1f}", tone, per_day.target))  # type: ignore[arg-type]
                median = kpi.answering[0].to_acknowledge.median_s
                found.append(Tile(words("s.answering"), shown(Value(median, "span")), "", words("median")))
            case Coverage() as coverage:
                whole = coverage.shares[0]
                found.append(Tile(words("coverage_rate"), shown(Value(whole.coverage, "share"))))
                found.append(Tile(words("online_rate"), shown(Value(whole.online_rate, "share"))))
            case DisposalReport() as report:
                rate = report.severities[0].closed_loop_rate
                found.append(Tile(words("closed_loop_rate"), shown(Value(rate, "share"))))
            case Delivery() as delivery:
                dead = delivery.all.dead
                found.append(Tile(words("dead"), f"{dead:,}", "bad" if dead else "good"))
            case _:
                pass
    return found


def _day(ms: int, asked: Asked) -> str:
    return datetime.fromtimestamp(ms / 1000, asked.zone).strftime("%m-%d")
