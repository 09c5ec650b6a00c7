"""`tocsin run`: the service."""

import asyncio
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGTERM
from typing import Annotated

import typer

from alerts.routes.check_channels import channel_mistakes
from plant.mistakes import InputError, Mistake
from tocsin.cli.progress import bar
from tocsin.clock import SystemClock
from tocsin.configuration import Configured, read_configuration
from tocsin.observe.logs import set_up_logs
from tocsin.runtime.service import Service
from tocsin.selftest.check import check_settings
from tocsin.settings import Settings, read_settings

DEFAULT_CONFIG = Path("tocsin.toml")


def run(
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", help="The settings file; left out: tocsin.toml, where there is one.", show_default=False
        ),
    ] = None,
) -> None:
    """Run the service: readings from the brokers in, alarms out. SIGTERM drains and ends it.

    SIGHUP reads the site folder again and puts it into force, if nothing is wrong with it.
    """
    if config is None and (DEFAULT_CONFIG.exists() or "TOCSIN_SITE" not in os.environ):
        config = DEFAULT_CONFIG
    settings = read_settings(config, os.environ)
    if not (settings.mqtt or settings.tcp):
        message = "is missing: a [mqtt] section names the broker, or a [[tcp]] section where devices dial in"
        raise InputError([Mistake(str(config or "settings"), 1, "mqtt", message)])
    if settings.database is not None:
        message = "is for a cluster; `tocsin run` is one process, which keeps its alarm book in the data folder"
        raise InputError([Mistake(str(config or "settings"), 1, "database", message)])
    for broker in settings.mqtt:
        broker.source()  # a password that can't be read is said before anything starts
    for route in settings.routes():
        if route.make_codec is not None:
            route.make_codec()  # and so is a mapping
    set_up_logs(settings.log_level)
    configured = read_configuration(settings.site)
    for warning in configured.warnings:
        print(warning, file=sys.stderr)
    channels = {channel.name: channel.public for channel in settings.channel}
    if mistakes := channel_mistakes(configured.routes, configured.site, channels):
        raise InputError(mistakes)
    check_settings(settings, configured, str(config or "settings"))
    raise typer.Exit(run_loop(settings, configured))


def run_loop(settings: Settings, configured: Configured) -> int:
    """The event loop around a service, until SIGTERM or SIGINT; returns the exit code."""
    import uvloop

    async def serve() -> int:
        service = Service(settings, configured, SystemClock())
        loop = asyncio.get_running_loop()
        for number in (SIGTERM, SIGINT):
            loop.add_signal_handler(number, service.stop)
        loop.add_signal_handler(SIGHUP, service.reread)
        with ExitStack() as restoring:
            advance = restoring.enter_context(bar("restoring"))
            return await service.run(
                progress=lambda first, done, end: advance(done - first, end - first), ready=lambda _: restoring.close()
            )

    return uvloop.run(serve())
