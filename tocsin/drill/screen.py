"""A drill's outcome on a terminal."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from tocsin.drill.compare import Comparison
from tocsin.drill.report import Drill
from tocsin.drill.score import Score, Spread
from tocsin.drill.words import Words

_SHOWN = 20
"""Of what was missed, and of false alarms, so many are listed; all stand in the JSON."""


def show(console: Console, drill: Drill) -> None:
    """Scenarios, rules, then what was missed and what was false."""
    console.print(_scenarios(drill))
    console.print(_rules(drill))
    if len(drill.seeds) > 1:
        console.print(_across(drill))
    for line in _lines(drill):
        console.print(line, markup=False, highlight=False)


def show_comparison(console: Console, comparison: Comparison) -> None:
    """What got worse, then what got better."""
    words = Words("en")
    for remark in comparison.remarks:
        console.print(words.remark(remark), markup=False, highlight=False)
    table = Table("", "where", "figure", "before", "now", title="Against the older drill", title_justify="left")
    for change in (*comparison.worse, *comparison.better):
        word = "[red]worse[/]" if change.worse else "[green]better[/]"
        table.add_row(
            word, words.where(change.where), words.figure(change.figure), number(change.before), number(change.after)
        )
    if comparison.changes:
        console.print(table)
    else:
        console.print("nothing got worse or better")
    for word, cases in (("newly missed", comparison.newly_missed), ("no longer missed", comparison.no_longer_missed)):
        for scenario, incident, point in cases:
            console.print(f"{word}: {scenario}, {incident} at {point}", markup=False, highlight=False)


def number(value: float | None) -> str:
    """A figure with at most four digits that count; an empty cell for none."""
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 1000 or float(value).is_integer() else f"{value:.3g}"


def spread(of: Spread) -> str:
    """`median (5 %..95 %)`."""
    if of.median is None:
        return ""
    if of.p5 == of.p95:
        return f"{of.median:z.1f}"
    return f"{of.median:z.1f} ({of.p5:z.1f}..{of.p95:z.1f})"


def _scenarios(drill: Drill) -> Table:
    table = Table(
        *("scenario", "incidents", "missed", "hits", "misses", "late", "mild", "delay s", "lead s"),
        *("false", "/10,000 ph", "faults", "named", "mistaken"),
        title=f"{drill.site}: {'1 seed' if len(drill.seeds) == 1 else f'{len(drill.seeds)} seeds'},"
        f" {drill.readings:,} readings, {drill.total.point_hours:,.0f} point-hours (ph)",
        title_justify="left",
    )
    _figures(table, 1)
    for s in drill.scenarios:
        table.add_row(s.scenario, *_cells(s.score))
    table.add_section()
    table.add_row("in all", *_cells(drill.total))
    return table


def _cells(score: Score) -> list[str]:
    return [
        str(score.incidents),
        _bad(score.incidents_missed),
        str(score.hits),
        _bad(score.misses),
        _bad(score.late, "yellow"),
        _bad(score.mild, "yellow"),
        spread(score.delay_s),
        spread(score.lead_s),
        _bad(score.false_alarms),
        number(score.false_per_10k),
        str(score.faults),
        str(score.faults_named),
        _bad(score.mistaken, "yellow"),
    ]


def _bad(count: int, style: str = "red") -> str:
    return f"[{style}]{count}[/]" if count else "0"


def _rules(drill: Drill) -> Table:
    table = Table(
        *("rule", "about", "hits", "misses", "delay s", "lead s", "alarms", "false", "/10,000 ph", "mistaken")
    )
    _figures(table, 2)
    for r in drill.rules:
        if r.hits or r.misses or r.alarms:
            table.add_row(
                *(r.rule, r.sort, str(r.hits), _bad(r.misses), spread(r.delay_s), spread(r.lead_s), str(r.alarms)),
                *(_bad(r.false_alarms), number(r.false_per_10k), _bad(r.mistaken, "yellow")),
            )
    return table


def _figures(table: Table, first: int) -> None:
    for column in table.columns:
        column.no_wrap = True
    for column in table.columns[first:]:
        column.justify = "right"


def _across(drill: Drill) -> Table:
    words, table = Words("en"), Table("over seeds", "median", "5 %", "95 %")
    for name, figure in drill.across_seeds.items():
        table.add_row(words.figure(name), number(figure.median), number(figure.p5), number(figure.p95))
    return table


def _lines(drill: Drill) -> Iterator[str]:
    for name, why in drill.left_out:
        yield f"left out: {name}: {why}"
    for u in drill.unheard[:_SHOWN]:
        what = "missed" if u.sort == "process" else "not named"
        yield f"{what}: {u.scenario} seed {u.seed}, {u.incident} ({u.kind}) at {u.point}" + (
            f"; silent: {', '.join(u.silent)}" if u.silent else ""
        )
    false = [u for u in drill.unfounded if u.judgement == "false"]
    for a in false[:_SHOWN]:
        yield f"false: {a.scenario} seed {a.seed}, {a.rule} {a.level} on {a.subject} at {a.raised_at}"
    more = max(len(drill.unheard) - _SHOWN, 0) + max(len(false) - _SHOWN, 0)
    if more:
        yield f"... and {more} more; --json FILE has them all"
