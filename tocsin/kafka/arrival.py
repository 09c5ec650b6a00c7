"""How a shard takes the records of its log, in the order of their offsets. Pure, so that every reader takes them alike.

Times become strictly increasing: an entry that is not later than the one before it is taken 1 ms after that one. A
record that can't be read stands as a tick, so that it moves nothing but the time.
"""

from dataclasses import replace
from typing import Final

from plant.entries import Entry, Tick
from tocsin.kafka.records import RecordError, decode

LATEST_MS: Final = 253_402_300_799_999
"""The end of the year 9999: a time beyond is no time."""


def arrive(value: bytes | None, timestamp_ms: int, last_ms: int | None) -> tuple[Entry, str]:
    """The entry as it is taken after one of `last_ms` (None: it is the first), and why the record can't be read ("" if
    it can). `timestamp_ms` is the record's own, for a first record that can't be read.
    """
    try:
        entry, reason = decode(value), ""
        if not 0 <= entry.received_at_ms <= LATEST_MS:
            raise RecordError(f"received_at_ms {entry.received_at_ms} is no time")
    except RecordError as error:
        first_ms = max(0, timestamp_ms) if last_ms is None else last_ms + 1
        entry, reason = Tick(first_ms), str(error)
    return after(entry, last_ms), reason


def after(entry: Entry, last_ms: int | None) -> Entry:
    """The entry with a time that is later than `last_ms`."""
    if last_ms is None or entry.received_at_ms > last_ms:
        return entry
    return replace(entry, received_at_ms=last_ms + 1)
