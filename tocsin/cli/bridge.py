"""`tocsin bridge`: readings from the brokers into Kafka."""

import asyncio
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

DEFAULT_CONFIG = Path("tocsin.toml")


def bridge(
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", help="The settings file; left out: tocsin.toml, where there is one.", show_default=False
        ),
    ] = None,
) -> None:
    """Bring readings from the brokers into Kafka, beside other bridges. SIGTERM hands its leases over and ends it."""
    if config is None and (DEFAULT_CONFIG.exists() or "TOCSIN_SITE" not in os.environ):
        config = DEFAULT_CONFIG
    settings = read_settings(config, os.environ)
    where = str(config or "settings")
    if settings.kafka is None:
        raise InputError([Mistake(where, 1, "kafka", "is missing: a [kafka] section names the brokers of Kafka")])
    if not (settings.mqtt or settings.tcp):
        message = "is missing: a [mqtt] section names the broker, or a [[tcp]] section where devices dial in"
        raise InputError([Mistake(where, 1, "mqtt", message)])
    from tocsin.kafka.client import need_kafka

    need_kafka()
    for broker in settings.mqtt:
        broker.source()  # a password that can't be read is said before anything starts
    for route in settings.routes():
        if route.make_codec is not None:
            route.make_codec()  # and so is a mapping
    set_up_logs(settings.log_level)
    raise typer.Exit(run_loop(settings, settings.kafka))


def run_loop(settings: Settings, kafka: KafkaSettings) -> int:
    """The event loop around a bridge, until SIGTERM or SIGINT; returns the exit code."""
    import uvloop

    from tocsin.bridge.bridge import Bridge

    async def serve() -> int:
        running = Bridge(settings, kafka, SystemClock())
        loop = asyncio.get_running_loop()
        for number in (SIGTERM, SIGINT):
            loop.add_signal_handler(number, running.stop)
        return await running.run()

    return uvloop.run(serve())
