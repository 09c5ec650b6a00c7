"""`tocsin northbound`: readings and alarms for the platform above."""

import os
from pathlib import Path
from typing import Annotated

import typer

from plant.mistakes import InputError, Mistake
from tocsin.settings import read_settings

DEFAULT_CONFIG = Path("tocsin.toml")


def northbound(
    config: Annotated[Path, typer.Option("--config", help="The settings file of the service.")] = DEFAULT_CONFIG,
) -> None:
    """Push readings and alarms to the receivers of [[northbound]], beside a service. SIGTERM ends it."""
    settings = read_settings(config, os.environ)
    if not settings.northbound:
        raise InputError([Mistake(str(config), 1, "northbound", "is missing: needed is a section [[northbound]]")])
    if settings.kafka is not None:
        from tocsin.northbound.feeds import NOT_BOTH

        mixed = [each for each in settings.northbound if each.what == "both"]
        if mixed:
            raise InputError([Mistake(str(config), 1, f"northbound {each.name}", NOT_BOTH) for each in mixed])
    from tocsin.clock import SystemClock
    from tocsin.northbound.serve import push
    from tocsin.observe.logs import set_up_logs

    set_up_logs(settings.log_level)
    push(settings, SystemClock())
