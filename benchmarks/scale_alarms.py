"""What a whole alarm (raised, one in five rises, acknowledged, cleared) costs a cluster: bytes in Kafka, and the alarm
book in PostgreSQL beside the same one in a file. Run: python -m benchmarks.scale_alarms [--quick]
"""

import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.alarm_site import START_MS, lives, write_site
from benchmarks.alarms import book_s
from benchmarks.figure import Figure, emit, is_quick
from benchmarks.kafka import MISSING, Broker, kafka
from benchmarks.throughput import folder
from tocsin.book.results import BookStep
from tocsin.configuration import read_configuration
from tocsin.database import PostgresAddress
from tocsin.kafka.steps import Steps
from tocsin.kafka.topics import Topics
from tocsin.worker.written import Effects, Writer
from tools.services.postgres import find
from tools.services.postgres_server import USER, PostgresServer


def kafka_bytes(broker: Broker, steps: Sequence[BookStep], alarms: int) -> float:
    """Bytes an alarm in `alarms` and `steps` on the broker's disk: a worker's transaction for each step."""
    settings = broker.topics("alarms.", 1)
    with Writer(settings, 0, threading.Event()) as writer:
        for n, step in enumerate(steps):
            told = Steps(0, n, START_MS + n, (step,))
            writer.write(Effects(n + 1, [told]))
    topics = Topics.of(settings)
    return (broker.bytes_of(topics.alarms) + broker.bytes_of(topics.steps)) / alarms


@contextmanager
def postgres() -> Iterator[PostgresServer | None]:
    """A server that syncs as one in earnest; None where there is none."""
    programs = find()
    if programs is None:
        yield None
        return
    where = Path(tempfile.mkdtemp(prefix="tocsin-bench-postgres-"))
    server = PostgresServer(programs, where, {})
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(where, ignore_errors=True)


def main() -> None:
    count = 1_000 if is_quick() else 10_000
    steps: list[BookStep] = list(lives(count))
    with folder() as here:
        try:
            with kafka(here / "kafka") as broker:
                few = count // 10
                size = kafka_bytes(broker, list(lives(few)), few)
            emit(Figure(name="scale: a whole alarm in Kafka", value=size, unit="bytes", goal=4000, at_least=False,
                        note="topics alarms and steps, a transaction a step"))  # fmt: skip
        except FileNotFoundError:
            emit(Figure(name="scale: a whole alarm in Kafka", value=None, unit="bytes", goal=4000, at_least=False,
                        note=MISSING))  # fmt: skip
        ground = read_configuration(write_site(here / "site")).ground()
        ground.warm()
        file = here / "book.sqlite"
        in_file_s = book_s(file, ground, steps)
        with postgres() as server:
            if server is None:
                emit(Figure(name="scale: the book in PostgreSQL", value=None, unit="alarms/s", goal=500,
                            note="PostgreSQL is not there"))  # fmt: skip
                return
            server.ask("CREATE DATABASE bench TEMPLATE template0")
            empty = _size(server)
            address = PostgresAddress("127.0.0.1", server.port, "bench", USER)
            in_postgres_s = book_s(address, ground, steps)
            size = (_size(server) - empty) / count
    emit(
        Figure(name="scale: the book in PostgreSQL", value=count / in_postgres_s, unit="alarms/s", goal=500,
               note=f"whole alarms; in a file {count / in_file_s:,.0f}"),
        Figure(name="scale: a whole alarm in PostgreSQL", value=size, unit="bytes", goal=20_000, at_least=False,
               note="with the calls that its routes ask for, indexes and all"),
    )  # fmt: skip


def _size(server: PostgresServer) -> float:
    server.ask("CHECKPOINT")
    return float(server.ask("SELECT pg_database_size('bench')")[0][0])


if __name__ == "__main__":
    main()
