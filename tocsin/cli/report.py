"""`tocsin report`: alarm performance, coverage, disposals, delivery, assessment, and all of it as a month's report."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
import typer
from rich.console import Console

from tocsin.cli.options import DEFAULT_DATA, Config, Data, records_at
from tocsin.cli.progress import bar
from tocsin.clock import SystemClock

if TYPE_CHECKING:
    from tocsin.reports.gather import Asked, Made, Name

app = typer.Typer(help="Reports over a period: figures, tables, a page to print.")

Lang = Annotated[Literal["en", "zh"], typer.Option("--lang")]
Month = Annotated[str | None, typer.Option("--month", help="Such as 2026-10; left out: the last full month.")]
From = Annotated[str | None, typer.Option("--from", help="From this day or time on, in the site's time zone.")]
To = Annotated[str | None, typer.Option("--to", help="Before this day or time.")]
Region = Annotated[str | None, typer.Option("--region", help="Only this region, with those below it.")]
Park = Annotated[str | None, typer.Option("--park", help="Only this park.")]
Enterprise = Annotated[str | None, typer.Option("--enterprise", help="Only this enterprise.")]
AsJson = Annotated[bool, typer.Option("--json", help="All figures as one JSON object.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="One figure a line.")]
Xlsx = Annotated[Path | None, typer.Option("--xlsx", help="Write an Excel workbook.")]
Html = Annotated[Path | None, typer.Option("--html", help="Write a page to print.")]
Consoles = Annotated[int, typer.Option("--consoles", min=1, help="How many operators share the alarms.")]
Weight = Annotated[list[str] | None, typer.Option("--weight", help="Such as coverage=30; may be repeated.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="At most so many rows of a table; files have all.")]


@app.callback()
def _report() -> None:
    """Reports over a period: figures, tables, a page to print."""


@app.command()
def kpi(
    data: Data = DEFAULT_DATA,
    config: Config = None,
    month: Month = None,
    since: From = None,
    until: To = None,
    region: Region = None,
    park: Park = None,
    enterprise: Enterprise = None,
    consoles: Consoles = 1,
    lang: Lang = "en",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: Xlsx = None,
    html: Html = None,
    limit: Limit = 40,
) -> None:
    """How much is alarmed and how it is answered, beside the targets of ISA-18.2 and EEMUA 191."""
    _run(["kpi"], **locals())


@app.command()
def coverage(
    data: Data = DEFAULT_DATA,
    config: Config = None,
    month: Month = None,
    since: From = None,
    until: To = None,
    region: Region = None,
    park: Park = None,
    enterprise: Enterprise = None,
    lang: Lang = "en",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: Xlsx = None,
    html: Html = None,
    limit: Limit = 40,
) -> None:
    """What units must have and what was heard of it, and online rates. Reads the journal of the period."""
    _run(["coverage"], **locals())


@app.command()
def disposal(
    data: Data = DEFAULT_DATA,
    config: Config = None,
    month: Month = None,
    since: From = None,
    until: To = None,
    region: Region = None,
    park: Park = None,
    enterprise: Enterprise = None,
    lang: Lang = "en",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: Xlsx = None,
    html: Html = None,
    limit: Limit = 40,
) -> None:
    """What was done about alarms: opened, closed in time, with a cause, verified."""
    _run(["disposal"], **locals())


@app.command()
def delivery(
    data: Data = DEFAULT_DATA,
    config: Config = None,
    month: Month = None,
    since: From = None,
    until: To = None,
    region: Region = None,
    park: Park = None,
    enterprise: Enterprise = None,
    lang: Lang = "en",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: Xlsx = None,
    html: Html = None,
    limit: Limit = 40,
) -> None:
    """Who was told over which channel, how soon, and what did not arrive."""
    _run(["delivery"], **locals())


@app.command()
def assessment(
    data: Data = DEFAULT_DATA,
    config: Config = None,
    month: Month = None,
    since: From = None,
    until: To = None,
    region: Region = None,
    park: Park = None,
    enterprise: Enterprise = None,
    weight: Weight = None,
    lang: Lang = "en",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: Xlsx = None,
    html: Html = None,
    limit: Limit = 40,
) -> None:
    """Regions, parks and enterprises ranked by a weighted score, with the working. Reads the journal of the period."""
    _run(["assessment"], **locals())


@app.command(name="month")
def month_command(
    data: Data = DEFAULT_DATA,
    config: Config = None,
    month: Month = None,
    since: From = None,
    until: To = None,
    region: Region = None,
    park: Park = None,
    enterprise: Enterprise = None,
    consoles: Consoles = 1,
    weight: Weight = None,
    lang: Lang = "en",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: Xlsx = None,
    html: Html = None,
    limit: Limit = 40,
) -> None:
    """All of these in one: the month's report."""
    _run(["kpi", "coverage", "disposal", "delivery", "assessment"], **locals())


def _run(
    names: "list[Name]",
    *,
    data: Path,
    config: Path | None,
    lang: Literal["en", "zh"],
    as_json: bool,
    as_csv: bool,
    xlsx: Path | None,
    html: Path | None,
    limit: int,
    weight: list[str] | None = None,
    consoles: int = 1,
    **which: Any,
) -> None:
    from tocsin.reports.assessment import weights_of
    from tocsin.reports.gather import ask, make

    if as_json and as_csv:
        raise typer.BadParameter("give --json or --csv")
    now_ms = SystemClock().now_ms()
    asked = ask(records_at(data, config), now_ms, consoles=consoles, weights=weights_of(weight or []), **which)
    with bar("journal") as advance:
        made = make(asked, names, advance)
    if xlsx is not None or html is not None:
        _write(asked, made, now_ms, lang, xlsx, html)
    if as_json:
        _json(asked, made)
    elif as_csv:
        from tocsin.reports.outputs import to_csv

        sys.stdout.write(to_csv([sheet for one in made if one.figures for sheet in one.sheets(asked, lang)]))
    elif xlsx is None and html is None:
        _screen(asked, made, now_ms, lang, limit)


def _write(asked: "Asked", made: "list[Made]", now_ms: int, lang: Literal["en", "zh"], *files: Path | None) -> None:
    from tocsin.log.files import write_atomically
    from tocsin.reports.gather import head
    from tocsin.reports.outputs import write_xlsx
    from tocsin.reports.page import report_page

    xlsx, html = files
    if xlsx is not None:
        name = made[0].name if len(made) == 1 else "month"
        sheets = [sheet for one in made if one.figures for sheet in one.sheets(asked, lang)]
        write_xlsx(sheets, xlsx, head(asked, name, now_ms, lang))
    if html is not None:
        write_atomically(html, [report_page(asked, made, now_ms, lang).encode()])


def _json(asked: "Asked", made: "list[Made]") -> None:
    whole: dict[str, object] = {
        "from_ms": asked.period.from_ms,
        "until_ms": asked.period.until_ms,
        "scope": asked.scope.words,
        **{one.name: one.figures if one.figures is not None else {"why_not": one.why_not} for one in made},
    }
    sys.stdout.buffer.write(msgspec.json.encode(whole) + b"\n")
    sys.stdout.buffer.flush()


def _screen(asked: "Asked", made: "list[Made]", now_ms: int, lang: Literal["en", "zh"], limit: int) -> None:
    from tocsin.reports.gather import head
    from tocsin.reports.outputs import screen
    from tocsin.reports.words import Words

    console = Console(width=None if sys.stdout.isatty() else 200)
    for one in made:
        said = dict(head(asked, one.name, now_ms, lang))
        console.rule(f"{said['title']} · {said['site']} · {said['period']} · {said['scope']}", align="left")
        if one.figures is None:
            console.print(Words(lang)("no_journal", why=one.why_not), markup=False)
            continue
        for part in screen(one.sheets(asked, lang), limit, Words(lang)("more", n="{n}")):
            console.print(part)
