"""`tocsin console`: the monitoring centre's screens."""

import os
from pathlib import Path
from typing import Annotated

import typer

from tocsin.observe.logs import set_up_logs
from tocsin.settings import read_settings

DEFAULT_CONFIG = Path("tocsin.toml")
_NICER = 5
"""So much the console steps back: where processors are short the alarm path goes first."""


def console(
    config: Annotated[Path, typer.Option("--config", help="The settings file of the service.")] = DEFAULT_CONFIG,
) -> None:
    """Serve the console beside a service. The first start prints a link for its administrator. SIGTERM ends it."""
    settings = read_settings(config, os.environ)
    try:
        from tocsin.answers.serve import serve
        from tocsin.clock import SystemClock
        from tocsin.console.serve import MOST_AT_ONCE, app_of, open_accounts, set_up_link
    except ImportError as error:
        raise ValueError(f"the console needs {error.name}: pip install 'tocsin[console]'") from None
    set_up_logs(settings.log_level)
    if hasattr(os, "nice"):
        os.nice(_NICER)
    section = settings.console
    clock = SystemClock()
    settings.data.mkdir(parents=True, exist_ok=True)
    accounts = open_accounts(settings, section, clock)
    app = app_of(settings, section, accounts, clock)
    link = set_up_link(accounts, section)
    if link is not None:
        print(f"No administrator can sign in yet. Set the first one's password, once, within a day: {link}", flush=True)
    else:
        print(f"The console is at {section.public_url or f'http://{section.listen}'}", flush=True)
    try:
        serve(app, section.listen, MOST_AT_ONCE)
    finally:
        accounts.close()
