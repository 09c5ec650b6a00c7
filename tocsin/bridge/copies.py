"""What the second stage has not got: a bridge may die between a record of a shard and its copy. Pure.

The broker delivers such a message again, but it is known from the shard's log and not taken twice. So whoever takes the
lease over writes the copy.
"""

from collections.abc import Iterable, Sequence

from plant.entries import Readings
from tocsin.kafka.division import Division


def lacking(
    latest: Iterable[Readings], copies: Sequence[Readings], division: Division, lease: str | None
) -> list[Readings]:
    """Copies that are to be written, oldest first.

    latest   a lease's newest batches, as the logs of shards have them
    copies   the newest batches in the second stage's log, of all leases, oldest first
    lease    as in Division.split

    A lease's copies are written in the order of its batches: all that are newer than the newest one there are lacking.
    What is older than `copies` goes back is taken to be there.
    """
    if not copies:
        return []
    there = {_content(copy) for copy in copies}
    found: list[Readings] = []
    for entry in sorted(latest, key=lambda one: one.received_at_ms, reverse=True):
        if entry.received_at_ms < copies[0].received_at_ms:
            break
        parts = dict(division.split(entry, lease=lease))
        copy = parts.get(division.second_stage)
        if isinstance(copy, Readings):
            if _content(copy) in there:
                break
            found.append(copy)
    return found[::-1]


def _content(entry: Readings) -> tuple[str, bytes, bytes, bytes]:
    batch = entry.batch
    return entry.source, batch.point.tobytes(), batch.measured_at_ms.tobytes(), batch.value.tobytes()
