"""A real Kafka of one broker for benchmarks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.services.kafka import find
from tools.services.kafka_broker import KafkaBroker as Broker

MISSING = "Kafka or Java is not there (`make services` brings them)"

__all__ = ["MISSING", "Broker", "kafka"]


@contextmanager
def kafka(folder: Path, heap_mb: int = 1024) -> Iterator[Broker]:
    """A broker that is up, with a data folder of its own. FileNotFoundError where Kafka is not there."""
    jars = find()
    if jars is None:
        raise FileNotFoundError(MISSING)
    broker = Broker(jars, folder, heap_mb)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()
