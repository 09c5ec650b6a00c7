"""The end of a log: what a broker may deliver again after a bridge was cut off."""

from collections.abc import Sequence
from typing import Final

from plant.entries import Readings
from tocsin.kafka.partition_log import PartitionLog
from tocsin.kafka.topics import LogPlace
from tocsin.settings.kafka import KafkaSettings

_READINGS: Final = 2_000_000
"""As many as a bridge has under way at most, and more than ingest.recent keeps."""
_ENTRIES: Final = 5_000
_STRIDE: Final = 500


def latest_readings(settings: KafkaSettings, places: Sequence[LogPlace]) -> list[Readings]:
    """The latest batches of logs, oldest first log by log. KafkaAwayError and the like."""
    return [batch for place in places for batch in _of(settings, place, _READINGS // len(places))]


def _of(settings: KafkaSettings, place: LogPlace, most: int) -> list[Readings]:
    found: list[Readings] = []
    with PartitionLog(settings, place) as log:
        first, stop = log.first, log.end
        oldest = max(first, stop - _ENTRIES)
        while stop > oldest and sum(len(entry.batch) for entry in found) < most:
            start = max(oldest, stop - _STRIDE)
            found[:0] = [entry for _, entry in log.read(start, stop) if isinstance(entry, Readings)]
            stop = start
    return found
