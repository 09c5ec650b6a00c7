"""`tocsin worker`: decides what is in Kafka."""

import asyncio
import logging
import os
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import Annotated, Final

import typer

from plant.mistakes import InputError, Mistake
from tocsin.clock import SystemClock
from tocsin.observe.logs import set_up_logs
from tocsin.settings import Settings, read_settings
from tocsin.settings.kafka import KafkaSettings

DEFAULT_CONFIG = Path("tocsin.toml")
_TALKATIVE: Final = {"faust": logging.WARNING, "mode": logging.WARNING, "aiokafka": logging.CRITICAL}
"""They tell of each part that starts and stops, and of each attempt to reach a broker, which the worker says itself."""


def worker(
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", help="The settings file; left out: tocsin.toml, where there is one.", show_default=False
        ),
    ] = None,
) -> None:
    """Decide what bridges bring into Kafka, beside other workers. SIGTERM hands its shards over and ends it."""
    if config is None and (DEFAULT_CONFIG.exists() or "TOCSIN_SITE" not in os.environ):
        config = DEFAULT_CONFIG
    settings = read_settings(config, os.environ)
    if settings.kafka is None:
        message = "is missing: a [kafka] section names the brokers of Kafka"
        raise InputError([Mistake(str(config or "settings"), 1, "kafka", message)])
    from tocsin.kafka.client import need_kafka

    need_kafka()
    set_up_logs(settings.log_level)
    for name, level in _TALKATIVE.items():
        logging.getLogger(name).setLevel(level)
    raise typer.Exit(run_loop(settings, settings.kafka))


def run_loop(settings: Settings, kafka: KafkaSettings) -> int:
    """The event loop around a worker, until SIGTERM or SIGINT; returns the exit code."""
    from tocsin.worker.worker import Worker

    async def serve() -> int:
        running = Worker(settings, kafka, SystemClock())
        loop = asyncio.get_running_loop()
        for number in (SIGTERM, SIGINT):
            loop.add_signal_handler(number, running.stop)
        return await running.run()

    return asyncio.run(serve())
