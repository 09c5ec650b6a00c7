"""`tocsin notifier`: the alarm book and the notices of a site in cluster mode."""

import os
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import Annotated

import typer

from plant.mistakes import InputError, Mistake
from tocsin.clock import SystemClock
from tocsin.observe.logs import set_up_logs
from tocsin.settings import Settings, read_settings
from tocsin.settings.kafka import KafkaSettings


def notifier(
    config: Annotated[Path, typer.Option("--config", help="The settings file.")] = Path("tocsin.toml"),
) -> None:
    """Book what the workers decide, and tell people. Of several that run, one is active; the others stand by."""
    settings = read_settings(config, os.environ)
    if settings.kafka is None:
        message = "is missing: a notifier works over Kafka; without Kafka `tocsin run` does all by itself"
        raise InputError([Mistake(str(config), 1, "kafka", message)])
    set_up_logs(settings.log_level)
    raise typer.Exit(run_loop(settings, settings.kafka))


def run_loop(settings: Settings, kafka: KafkaSettings) -> int:
    """The event loop around a notifier, until SIGTERM or SIGINT; returns the exit code."""
    import asyncio

    import uvloop

    from tocsin.kafka.client import need_kafka
    from tocsin.notifier.service import Notifier

    need_kafka()

    async def serve() -> int:
        notifier = Notifier(settings, kafka, SystemClock())
        loop = asyncio.get_running_loop()
        for number in (SIGTERM, SIGINT):
            loop.add_signal_handler(number, notifier.stop)
        return await notifier.run()

    return uvloop.run(serve())
