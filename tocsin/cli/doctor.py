"""`tocsin doctor`."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

Language = Literal["en", "zh"]


def doctor(
    config: Annotated[Path, typer.Option("--config", help="The settings file of the service.")] = Path("tocsin.toml"),
    kafka: Annotated[str | None, typer.Option("--kafka", metavar="HOST:PORT", help="A broker of Kafka, too.")] = None,
    deadline: Annotated[
        float, typer.Option("--deadline", min=1, max=600, help="Seconds after which a check that hangs is cut off.")
    ] = 15.0,
    lang: Annotated[Language | None, typer.Option("--lang", help="Left out: as the system speaks.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Look at all parts: settings, broker, service, log, disk, clock, InfluxDB, Grafana, channels. Changes nothing.

    Exit code 0 where nothing is bad, 1 where something is, 2 where the settings can't be read.
    """
    import msgspec
    from rich.console import Console
    from rich.table import Table

    from tocsin.clock import SystemClock
    from tocsin.doctor.checks import checks_of
    from tocsin.doctor.examine import examine, worst
    from tocsin.doctor.finding import Verdict
    from tocsin.doctor.told import as_json, lines
    from tocsin.observe.http_server import listen_address
    from tocsin.observe.logs import set_up_logs
    from tocsin.settings import read_settings

    set_up_logs("CRITICAL")  # What clients would say of a part that is away, the findings say.
    if kafka is not None:
        listen_address(kafka)
    settings = read_settings(config, os.environ)
    language = lang or _spoken()
    clock = SystemClock()
    findings = examine(checks_of(settings, str(config), clock, kafka), clock, deadline)
    if json:
        print(msgspec.json.encode(as_json(findings, language)).decode())
    else:
        *told, summary = lines(findings, language)
        console = Console(highlight=False, markup=False)
        table = Table.grid(padding=(0, 2))
        for line in told:
            table.add_row(*line.split("\t"))
        console.print(table)
        console.print(summary)
    raise typer.Exit(1 if worst(findings) is Verdict.BAD else 0)


def _spoken() -> Language:
    """By the variables that POSIX gives the language of messages."""
    spoken = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "zh" if spoken.lower().startswith("zh") else "en"
