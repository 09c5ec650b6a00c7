"""A process that writes a data folder until it is killed; prints what it was told is durable.

python -m support.journal_writer DATA
"""

import sys
from pathlib import Path

import numpy as np
from support.entries import T0_MS, readings

from plant.entries import Entry, Position, Tick
from tocsin.log.checkpoints import CheckpointStore
from tocsin.log.journal import Journal
from tocsin.log.registry_file import RegistryFile


def entry_at(position: Position) -> Entry:
    """What stands at a position, whoever wrote it in whichever life."""
    if position % 7 == 0:
        return Tick(T0_MS + position)
    return readings(T0_MS + position, n=position % 90, seed=position)


def write(data: Path) -> None:
    """Append groups, number points, save checkpoints; each is printed once it is durable."""
    journal = Journal.open(data / "journal", segment_bytes=30_000)
    registry = RegistryFile.open(data / "points.registry")
    store = CheckpointStore(data / "checkpoints")
    print("cut", journal.recovery.cut_bytes, flush=True)
    while True:
        first = journal.end
        journal.append([entry_at(position) for position in range(first, first + 1 + first % 5)])
        print("end", journal.end, flush=True)
        if first % 3 == 0:
            registry.assign([f"P{len(registry.registry)}"])
            print("points", len(registry.registry), flush=True)
        if first % 20 < 5:
            store.save(journal.end, "rules", 1, {"n": np.arange(journal.end)})
            print("checkpoint", journal.end, flush=True)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
