"""`tocsin explain`: why an alarm was raised, and the proof that the log says so."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.options import DEFAULT_DATA, Config, Data, records_at
from tocsin.cli.rules_diff import Lang, Language

if TYPE_CHECKING:
    from tocsin.explain.story import Story


def explain(
    alarm: Annotated[str, typer.Argument(metavar="ALARM", help="The alarm's id.")],
    data: Data = DEFAULT_DATA,
    config: Config = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page with a chart.")
    ] = None,
    lang: Lang = Language.EN,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
) -> None:
    """Tell why an alarm was raised, and decide it again from the log under the rules of its time. Only reads."""
    from tocsin.cli.progress import bar
    from tocsin.explain.explain import explain as look_up
    from tocsin.explain.form import explain_form
    from tocsin.explain.story import Story

    with bar("deciding again") as advance:
        found = look_up(records_at(data, config), alarm, advance)
    if html is not None:
        from tocsin.explain.page import explain_page

        html.write_text(explain_page(found, lang.value), encoding="utf-8")
    if as_json:
        print(json.dumps(explain_form(found, lang.value), ensure_ascii=False, indent=1))
    else:
        _print(Story(found, lang.value))
    if found.verdict != "reproduced":
        raise typer.Exit(1)


def _print(story: "Story") -> None:
    import sys

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else 160)
    said = story.said

    def heading(text: str) -> None:
        console.print()
        console.print(Text(text, style="bold"))

    def told(text: str) -> None:
        console.print(Text(text), soft_wrap=True)

    told(story.lead())
    heading(said["why"])
    for line in story.why():
        told(line)
    console.print()
    facts = Table.grid(padding=(0, 2))
    for name, text in story.facts():
        facts.add_row(Text(name, style="dim"), Text(text))
    console.print(facts)
    heading(said["after"])
    table = Table(
        *(said[name] for name in ("when", "what", "severity", "level", "at_value", "remark")),
        box=None,
        pad_edge=False,
        header_style="dim",
    )
    for row in story.after():
        table.add_row(*map(Text, row))
    console.print(table)
    quality = list(story.quality())
    if quality:
        heading(said["quality"])
        for line in quality:
            told(line)
    heading(said["proof"])
    told(story.proof())
    for one, other in story.differences():
        told(f"- {said['book']}: {one}")
        told(f"  {said['again']}: {other}")
