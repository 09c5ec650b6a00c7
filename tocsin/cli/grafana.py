"""`tocsin grafana`: boards, and what they need, brought to a Grafana."""

import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from plant.mistakes import InputError, Mistake

if TYPE_CHECKING:
    from tocsin.grafana.outcome import Outcome

app = typer.Typer(help="Boards, and what they need, brought to a Grafana.")

Config = Annotated[Path, typer.Option("--config", help="The settings file of the service.")]
DEFAULT_CONFIG = Path("tocsin.toml")


@app.callback()
def _grafana() -> None:
    """Boards, and what they need, brought to a Grafana."""


@app.command()
def push(
    config: Config = DEFAULT_CONFIG,
    enterprise: Annotated[
        list[str] | None, typer.Option("--enterprise", help="An organisation for this enterprise instead; repeatable.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object an object of Grafana's.")] = False,
) -> None:
    """Make boards, what they need, and alert rules as this version has them. A second push changes nothing."""
    from tocsin.settings import read_settings

    settings = read_settings(config, os.environ)
    if settings.grafana is None:
        raise InputError([Mistake(str(config), 1, "grafana", "is missing: needed is a section [grafana]")])
    if settings.influx is None:
        raise InputError([Mistake(str(config), 1, "influx", "is missing: boards show what InfluxDB holds")])
    try:
        from tocsin.grafana.push import push_centre, push_enterprises
    except ImportError as error:
        raise ValueError(f"boards need {error.name}: pip install 'tocsin[grafana]'") from None
    became: Counter[str] = Counter()

    def tell(outcome: "Outcome") -> None:
        became[outcome.became] += 1
        if as_json:
            print(msgspec.json.encode(outcome).decode())
        else:
            print(f"{outcome.became:10} {outcome.kind:13} {outcome.name}", flush=True)

    version = push_enterprises(settings, enterprise, tell) if enterprise else push_centre(settings, tell)
    summary = ", ".join(f"{number} {name}" for name, number in sorted(became.items()))
    print(f"{settings.grafana.url} (Grafana {version}): {summary}", file=sys.stderr)
