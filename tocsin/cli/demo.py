"""`tocsin demo`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.simulate import FASTEST
from tocsin.demo.show import show
from tocsin.observe.logs import set_up_logs


def demo(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Of the console; if taken, a free one.")] = 8080,
    seconds: Annotated[float, typer.Option("--seconds", min=0, help="Stop by itself after so long; 0: never.")] = 0,
    speed: Annotated[float, typer.Option("--speed", help="Seconds of the county's day in one second.")] = 1.0,
    folder: Annotated[Path, typer.Option("--folder", help="Where the demo keeps its data.")] = Path("demo-data"),
) -> None:
    """Show a living district: devices publish over MQTT, rules raise alarms, people are told, the console shows it."""
    import uvloop

    if not 0.0 < speed <= FASTEST:
        raise typer.BadParameter(f"--speed is {speed:g}, allowed is more than 0 up to {FASTEST:g}")
    set_up_logs("WARNING")
    folder.mkdir(parents=True, exist_ok=True)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    raise typer.Exit(uvloop.run(show(folder, port, seconds, speed)))
