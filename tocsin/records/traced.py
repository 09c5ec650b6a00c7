"""Where an alarm was decided: the log that holds what it came of, and the configurations that were in force there."""

from pathlib import Path
from typing import NamedTuple

from plant.entries import Position
from tocsin.log.versions import Version
from tocsin.records.parts import TimedLog


class Traced(NamedTuple):
    """Positions are those of `log`.

    first, last   of the entries that were asked for
    stop          one past the last entry that the alarm book has, as far as that is known
    versions      by when they came into force, the oldest first
    checkpoints   the folder of checkpoints of this log; None where it has none that are kept for long
    """

    log: TimedLog
    first: Position
    last: Position
    stop: Position
    versions: list[Version]
    checkpoints: Path | None
