"""`tocsin follow`: history out of Kafka."""

import os
from pathlib import Path
from signal import SIGINT, SIGTERM, signal
from typing import Annotated

import typer

from plant.mistakes import InputError, Mistake
from tocsin.observe.logs import set_up_logs
from tocsin.settings import read_settings

DEFAULT_CONFIG = Path("tocsin.toml")


def follow(
    config: Annotated[Path, typer.Option("--config", help="The settings file of the cluster.")] = DEFAULT_CONFIG,
) -> None:
    """Write what Kafka holds into InfluxDB. Several share the work. SIGTERM ends it, and another goes on."""
    settings = read_settings(config, os.environ)
    if settings.kafka is None or settings.influx is None:
        missing = "kafka" if settings.kafka is None else "influx"
        raise InputError([Mistake(str(config), 1, missing, f"is missing: needed is a section [{missing}]")])
    from tocsin.clock import SystemClock
    from tocsin.kafka.client import need_kafka

    need_kafka()
    from tocsin.cluster.follow import Follow

    set_up_logs(settings.log_level)
    follower = Follow(settings, settings.kafka, settings.influx, SystemClock())
    for number in (SIGTERM, SIGINT):
        signal(number, lambda *_: follower.stop())
    follower.run()
