"""The alarm book of a cluster: the server answers, the tables are there, and the notifier keeps up."""

from pathlib import Path
from typing import Final

from plant.mistakes import InputError
from tocsin.book import BookReader
from tocsin.book.outbox_reader import OutboxReader
from tocsin.book.schema import BookError, BookPlace, open_reader
from tocsin.doctor.finding import Finding, bad, ok, warn
from tocsin.doctor.reach import TIMEOUT_S
from tocsin.kafka.client import admin
from tocsin.kafka.errors import KafkaClientError
from tocsin.kafka.topics import Topics
from tocsin.settings import Settings
from tocsin.settings.kafka import KafkaSettings

_NAME: Final = "book"
_BEHIND: Final = 2_000
"""Steps that the notifier may be behind for a moment."""
_ASK_VERSION: Final = "SELECT current_setting('server_version')"


def look_at_shared_book(settings: Settings) -> list[Finding]:
    """Read as the console reads it."""
    place = settings.book
    try:
        version = _version(place)
        reader = BookReader.open_for_reading(place)
        try:
            open_alarms, position = sum(reader.open_counts().values()), reader.position
        finally:
            reader.close()
        outbox = OutboxReader.open_for_reading(place)
        try:
            dead = sum(backlog.dead for backlog in outbox.backlog().values())
        finally:
            outbox.close()
    except (BookError, InputError) as error:
        return [bad(_NAME, "book_unusable", error=str(error))]
    found = [ok(_NAME, "book_shared", address=str(place), version=version, open=open_alarms)]
    behind = _behind(settings.kafka, position) if settings.kafka else 0
    if behind > _BEHIND:
        found = [bad(_NAME, "book_unfolded", behind=behind)]
    if dead:
        found.append(warn(_NAME, "book_dead", n=dead))
    return found


def _version(place: BookPlace) -> str:
    if isinstance(place, Path):
        return "SQLite"
    db = open_reader(place)
    try:
        return f"PostgreSQL {str(db.execute(_ASK_VERSION).fetchone()[0]).split()[0]}"
    finally:
        db.close()


def _behind(kafka: KafkaSettings, position: int) -> int:
    """Steps that wait; 0 where Kafka can't be asked, which its own check tells."""
    from confluent_kafka import KafkaException, TopicPartition
    from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]

    place = TopicPartition(Topics.of(kafka).steps, 0)
    try:
        newest = {place: OffsetSpec.latest()}  # type: ignore[no-untyped-call]
        client = admin(kafka, TIMEOUT_S)
        [told] = client.list_offsets(newest, request_timeout=TIMEOUT_S).values()
        return max(0, int(told.result(TIMEOUT_S).offset) - position)
    except (KafkaException, KafkaClientError, InputError, TimeoutError):
        return 0
