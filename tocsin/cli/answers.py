"""`tocsin answers`: the pages on which people acknowledge."""

import os
from pathlib import Path
from typing import Annotated

import typer

from plant.mistakes import InputError, Mistake
from tocsin.observe.logs import set_up_logs
from tocsin.settings import read_settings

DEFAULT_CONFIG = Path("tocsin.toml")


def answers(
    config: Annotated[Path, typer.Option("--config", help="The settings file of the service.")] = DEFAULT_CONFIG,
) -> None:
    """Serve the pages that links in messages open, callbacks of providers, and the CAP feed. SIGTERM ends it."""
    settings = read_settings(config, os.environ)
    if settings.answers is None:
        raise InputError([Mistake(str(config), 1, "answers", "is missing: needed is a section [answers]")])
    try:
        from tocsin.answers.serve import app_of, serve
        from tocsin.clock import SystemClock
    except ImportError as error:
        raise ValueError(f"answers need {error.name}: pip install 'tocsin[answers]'") from None
    app = app_of(settings, settings.answers, SystemClock())
    set_up_logs(settings.log_level)
    serve(app, settings.answers.listen)
