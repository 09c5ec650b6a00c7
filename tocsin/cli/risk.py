"""`tocsin risk`: every place with its inherent grade and the state of its alarms, side by side and never merged."""

import sys
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from tocsin.cli.colours import SEVERITY_STYLES
from tocsin.cli.options import DEFAULT_DATA, Config, Data, records_at
from tocsin.cli.rules_diff import Lang, Language
from tocsin.cli.shown import shown_text, shown_time
from tocsin.cli.times import window_ms

if TYPE_CHECKING:
    from rich.text import Text

    from tocsin.risk.picture import Change
    from tocsin.risk.view import Risk

_HEADS = {
    "en": ("place", "inherent", "alarms", "active", "unack.", "withheld", "no data", "overdue", "because"),
    "zh": ("区域", "固有风险", "告警状态", "生效", "未确认", "已抑制", "无数据", "超期", "原因"),
}
_OF = {"en": {"inherent": "inherent", "alarms": "alarms"}, "zh": {"inherent": "固有风险", "alarms": "告警状态"}}
_CHANGES = {
    "en": ("at (UTC)", "kind", "before", "from then on", "because"),
    "zh": ("时间 (UTC)", "类别", "之前", "之后", "原因"),
}
_NOT_LIVE = {
    "en": "no service runs: permits and people are not known, so inherent grades are without them",
    "zh": "服务未运行：作业票与人数未知，固有风险未计入",
}
_MARK = "▨"
"""Hatched: no data is a state of its own."""


def risk(
    place: Annotated[
        str | None, typer.Argument(help="A region, park, enterprise, unit or point; left out: the site.")
    ] = None,
    data: Data = DEFAULT_DATA,
    config: Config = None,
    every: Annotated[bool, typer.Option("--all", help="Down to points everywhere.")] = False,
    lang: Lang = Language.EN,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    history: Annotated[bool, typer.Option("--history", help="What colours the place had, and when.")] = False,
    since: Annotated[str | None, typer.Option("--from", metavar="T", help="With --history: from then on.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="T", help="With --history: until then.")] = None,
) -> None:
    """Show the risk of a place and all that lies in it: what it could do, and what its alarms say."""
    from tocsin.risk.picture import Picture, history_of

    first_ms, end_ms = window_ms(since, until)
    if not history and (since is not None or until is not None):
        raise typer.BadParameter("--from and --to belong to --history")
    records = records_at(data, config)
    picture = Picture(records)
    node = picture.find(place)
    if history:
        _show_history(history_of(records, node, first_ms, end_ms), lang.value, as_json)
        return
    for mistake in picture.mistakes:
        print(mistake, file=sys.stderr)
    if not picture.is_live:
        print(_NOT_LIVE[lang.value], file=sys.stderr)
    found = list(picture.below(node, every=every))
    if as_json:
        for depth, one in found:
            print(_json(depth, one, lang.value, picture.is_live))
        return
    _show(found, lang.value)


def _show(found: "list[tuple[int, Risk]]", lang: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from alerts.risk.why import why, why_inherent, withheld_name

    table = Table(*_HEADS[lang])
    for depth, one in found:
        state = one.state
        table.add_row(
            Text("  " * depth + shown_text(one.name if one.name == one.node.id else f"{one.name} {one.node.id}")),
            _colour(one.inherent.colour, lang) if one.inherent is not None else Text(""),
            _colour(state.colour, lang),
            " ".join(
                f"{severity} {state.active[severity]}" for severity in SEVERITY_STYLES if state.active.get(severity)
            ),
            str(state.unacknowledged or ""),
            ", ".join(f"{n} {withheld_name(kind, lang)}" for kind, n in sorted(state.withheld.items())),
            f"{_MARK} {state.silent}/{state.points}" if state.silent else "",
            str(state.overdue_disposals or ""),
            _cause(one, lang),
        )
    console = Console(width=None if sys.stdout.isatty() else 200, markup=False)
    console.print(table)
    top = found[0][1]
    print(shown_text(f"{_OF[lang]['alarms']}: {why(top.state, top.cause, lang)}"))
    if top.inherent is not None:
        print(shown_text(f"{_OF[lang]['inherent']}: {why_inherent(top.inherent, lang)}"))


def _cause(one: "Risk", lang: str) -> str:
    """The alarm that gives the colour."""
    if one.cause is None:
        return one.state.because
    a = one.cause
    overdue = ("，处置超期" if lang == "zh" else ", disposal overdue") if one.state.overdue else ""
    return shown_text(f"{a.alarm} {a.subject} {a.rule} {a.level}{overdue}")


def _colour(colour: str, lang: str) -> "Text":
    from rich.text import Text

    from alerts.risk.tree import NO_DATA
    from alerts.risk.why import colour_name

    name = colour_name(colour, lang)
    if colour == NO_DATA:
        return Text(f"{_MARK} {name} {_MARK}", style="dim")
    return Text(f" {name} ", style=SEVERITY_STYLES.get(colour, "dim" if colour == "ungraded" else ""))


def _json(depth: int, one: "Risk", lang: str, live: bool) -> str:
    from alerts.risk.why import why, why_inherent

    shown = {
        "kind": one.node.kind,
        "id": one.node.id,
        "name": one.name,
        "depth": depth,
        "inherent": {**one.inherent._asdict(), "why": why_inherent(one.inherent, lang), "live": live}
        if one.inherent is not None
        else None,
        "alarms": {**one.state._asdict(), "why": why(one.state, one.cause, lang)},
    }
    return msgspec.json.encode(shown).decode()


def _show_history(changes: "list[Change]", lang: str, as_json: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if as_json:
        for change in changes:
            print(msgspec.json.encode(change._asdict()).decode())
        return
    if not changes:
        print("no changes", file=sys.stderr)
        return
    table = Table(*_CHANGES[lang])
    for change in changes:
        before = _colour(change.before, lang) if change.before else Text("")
        table.add_row(
            shown_time(change.at),
            _OF[lang][change.of],
            before,
            _colour(change.colour, lang),
            shown_text(change.because),
        )
    Console(width=None if sys.stdout.isatty() else 160, markup=False).print(table)
