"""What the cluster stands on: Kafka, PostgreSQL and an MQTT broker, each on a free port of 127.0.0.1."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tocsin.demo.show import start_broker
from tools.services import kafka, postgres
from tools.services.kafka_broker import KafkaBroker
from tools.services.postgres_server import USER, PostgresServer
from tools.services.recipe import ServiceError

DATABASE: Final = "tocsin"


@dataclass(frozen=True, slots=True)
class Servers:
    kafka: KafkaBroker
    postgres: PostgresServer
    mqtt_port: int


@contextmanager
def running_servers(folder: Path) -> Iterator[Servers]:
    """All of them, with what they held when the demo ended last. ServiceError where one is not there."""
    jars, programs = kafka.find(), postgres.find()
    if jars is None or programs is None:
        raise ServiceError("Kafka or PostgreSQL is not there: `make services` brings them")
    broker = KafkaBroker(jars, folder / "kafka", heap_mb=512)
    database = PostgresServer(programs, place_of_database(folder), {"fsync": "on"})
    mqtt, port = start_broker()
    try:
        broker.start()
        database.start()
        if not database.ask(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"):
            database.ask(f"CREATE DATABASE {DATABASE} OWNER {USER}")
        yield Servers(broker, database, port)
    finally:
        database.stop()
        broker.stop()
        with suppress(Exception):
            mqtt.stop()


def place_of_database(folder: Path) -> Path:
    """PostgreSQL does not run as root, and another user may not get into the folder: then beside the machine's own."""
    if os.geteuid() != 0:
        return folder / "postgres"
    return Path("/var/tmp") / f"tocsin-demo-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]}"
