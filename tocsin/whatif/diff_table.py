"""A comparison as tables on a terminal."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tocsin.whatif.diff import Diff
from tocsin.whatif.matching import Change, Pair
from tocsin.whatif.rule_changes import ItemChange
from tocsin.whatif.tally import DAY_MS, Tally
from tocsin.whatif.words import CHANGES, WHAT, WHOLE_SITE, Lang, change_text, changes_text, subject_text

_SHOWN = 20
_COUNTED = (
    Change.NEW,
    Change.GONE,
    Change.EARLIER,
    Change.LATER,
    Change.LOUDER,
    Change.QUIETER,
    Change.SPLIT,
    Change.MERGED,
)
_TITLES: dict[str, dict[Lang, str]] = {
    "rule": {"en": "rule", "zh": "规则"},
    "enterprise": {"en": "enterprise", "zh": "企业"},
    "per_day": {"en": "alarms/day", "zh": "告警/天"},
    "alarms": {"en": "alarms", "zh": "告警数"},
    "hours": {"en": "alarm hours", "zh": "告警小时"},
    "total": {"en": "all", "zh": "合计"},
    "same": {"en": "no alarm would have been different", "zh": "告警没有任何差别"},
    "reworded": {"en": "wording only", "zh": "仅文字"},
    "changed": {"en": "rules and points that changed", "zh": "规则与测点的改动"},
    "worst": {"en": "the worst differences", "zh": "最重要的差别"},
    "what": {"en": "what", "zh": "变化"},
    "subject": {"en": "subject", "zh": "对象"},
    "raised": {"en": "raised, before → after", "zh": "告警时刻，改前 → 改后"},
    "severity": {"en": "severity", "zh": "严重程度"},
    "more": {"en": "more; --json and --html list them", "zh": "条未列出，见 --json 与 --html"},
    "point": {"en": "point", "zh": "测点"},
}


def print_diff(diff: Diff, console: Console, lang: Lang) -> None:
    """The rules that changed, then figures by rule and by enterprise, then the worst differences."""
    _print_changes(diff, console, lang)
    if diff.same:
        console.print(_TITLES["same"][lang])
    _print_tallies(diff, diff.by_rule, _TITLES["rule"][lang], console, lang)
    if len(diff.by_enterprise) > 1:
        by_enterprise = {key or WHOLE_SITE[lang]: tally for key, tally in diff.by_enterprise.items()}
        _print_tallies(diff, by_enterprise, _TITLES["enterprise"][lang], console, lang)
    if diff.listed:
        _print_worst(diff, console, lang)


def _print_changes(diff: Diff, console: Console, lang: Lang) -> None:
    if not diff.rules and not diff.points:
        return
    console.print(Text(_TITLES["changed"][lang], style="bold"))
    for kind, items in (("rule", diff.rules), ("point", diff.points)):
        for item in items[:_SHOWN]:
            console.print(f"  {_TITLES[kind][lang]} {escape(_item_text(item, lang))}", soft_wrap=True)
        if len(items) > _SHOWN:
            console.print(f"  … {len(items) - _SHOWN} {_TITLES['more'][lang]}")
    console.print()


def _item_text(item: ItemChange, lang: Lang) -> str:
    wording = f" ({_TITLES['reworded'][lang]})" if item.wording_only else ""
    fields = "; ".join(change_text(change, lang) for change in item.fields)
    return f"{item.id}: {fields or WHAT[item.what][lang]}{wording}"


def _print_tallies(diff: Diff, tallies: Mapping[str, Tally], title: str, console: Console, lang: Lang) -> None:
    table = Table(title, box=None, pad_edge=False, header_style="bold")
    # Of less than a day, alarms a day would be a guess.
    a_day = diff.stretch_ms >= DAY_MS
    alarms = _TITLES["per_day" if a_day else "alarms"][lang]
    for name in (alarms, _TITLES["hours"][lang], *(CHANGES[change][lang] for change in _COUNTED)):
        table.add_column(name, justify="right")
    for name, tally in [*sorted(tallies.items()), (_TITLES["total"][lang], diff.total)]:
        sides = (tally.before, tally.after)
        days = [f"{side.per_day(diff.stretch_ms):.1f}" if a_day else str(side.alarms) for side in sides]
        hours = [f"{side.alarm_hours:.2f}" for side in sides]
        counts = [str(tally.changes[change] or "·") for change in _COUNTED]
        style = "bold" if tally is diff.total else ("" if tally.changes else "dim")
        table.add_row(Text(name), " → ".join(days), " → ".join(hours), *counts, style=style)
    console.print(table)
    console.print()


def _print_worst(diff: Diff, console: Console, lang: Lang) -> None:
    zone = ZoneInfo(diff.after.site.timezone)
    names = ("what", "severity", "rule", "subject", "raised")
    table = Table(*(_TITLES[name][lang] for name in names), box=None, pad_edge=False, header_style="bold")
    for pair in diff.listed[:_SHOWN]:
        table.add_row(
            changes_text(pair.changes, lang),
            " → ".join(dict.fromkeys(span.severity for span in (pair.before, pair.after) if span is not None)),
            Text(pair.span.rule),
            Text(subject_text(pair.span, lang)),
            _times(pair, zone),
        )
    console.print(Text(_TITLES["worst"][lang], style="bold"))
    console.print(table)
    more = max(0, len(diff.listed) - _SHOWN) + diff.not_listed
    if more:
        console.print(f"… {more} {_TITLES['more'][lang]}")


def _times(pair: Pair, zone: ZoneInfo) -> str:
    times = [
        "-" if span is None else datetime.fromtimestamp(span.raised_at_ms / 1000, zone).strftime("%m-%d %H:%M:%S")
        for span in (pair.before, pair.after)
    ]
    return " → ".join(dict.fromkeys(times))
