"""The alarm book of a cluster made anew from the topic `steps`."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from alerts.targets import Target
from plant.entries import Position
from tocsin.book import Commit, rebuild
from tocsin.book.schema import BookPlace, exists, open_reader
from tocsin.database import Database
from tocsin.kafka.errors import KafkaAwayError
from tocsin.kafka.partition_log import Poison
from tocsin.kafka.versions import Versions
from tocsin.notifier.kept import last_leader, save_anew
from tocsin.notifier.projection import Numbered, Origin, Projection, Reached
from tocsin.notifier.reading import StepsReader
from tocsin.settings.kafka import KafkaSettings

_POLL_S: Final = 1.0
_QUIET_S: Final = 30.0


class Rebuilt(NamedTuple):
    """The records that were folded, how the new book differs from the kept one, and what could not be read."""

    first: Position
    end: Position
    differences: list[str]
    poison: list[Poison]


def rebuild_from_steps(
    settings: KafkaSettings, place: BookPlace, targets: Sequence[Target], progress: Callable[[int, int], None]
) -> Rebuilt:
    """Make the book anew and swap it in, as tocsin.book.rebuild does; no notifier may be active.

    `progress` is told (done, of). KafkaClientError, BookError; LookupError for a version that is not kept.
    """
    poison: list[Poison] = []
    origins: list[Origin] = []
    leader = _leader(place)
    reader = StepsReader(settings, poison.append)
    try:
        with Versions.open(settings) as versions:
            projection = Projection(versions.get, Reached())
            first, end = reader.first(), reader.end()
            reader.seek(first)

            def commits() -> Iterator[Commit]:
                for records in _to_the_end(reader):
                    for piece in projection.take(records):
                        origins.extend(piece.origins)
                        yield piece.commit
                    progress(min(reader.next, end) - first, end - first)

            def beside(db: Database) -> None:
                save_anew(projection.reached, origins, leader, db)

            differences = rebuild(place, commits(), targets, first, beside=beside)
            return Rebuilt(first, reader.next, differences, poison)
    finally:
        reader.close()


def _to_the_end(reader: StepsReader) -> Iterator[list[Numbered]]:
    quiet_s = 0.0
    while not reader.at_end:
        records = reader.poll(_POLL_S)
        quiet_s = 0.0 if records else quiet_s + _POLL_S
        if records:
            yield records
        elif quiet_s >= _QUIET_S:
            raise KafkaAwayError("Kafka has sent nothing for 30 s")


def _leader(place: BookPlace) -> int:
    """So that one who led the kept book does not take the new one for its own."""
    if not exists(place):
        return 0
    db = open_reader(place)
    try:
        return last_leader(db)
    finally:
        db.close()
