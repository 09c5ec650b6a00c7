"""What was heard of devices, by a data folder alone: where no service runs."""

from pathlib import Path
from typing import cast

from plant.entries import Position
from rules.engine import STATE_VERSION, State, load_state, make_plan
from tocsin.inventory.health import DeviceHealth
from tocsin.inventory.seen import Seen, look
from tocsin.log.checkpoints import CheckpointStore
from tocsin.log.layout import CHECKPOINTS, JOURNAL, REGISTRY
from tocsin.log.reader import JournalReader
from tocsin.log.registry_file import load_registry
from tocsin.runtime.fold import Fold, in_groups
from tocsin.runtime.reading import fold_of_journal, resolver


def seen_of_folder(data: Path) -> Seen:
    """As of the log's last entry: from the newest checkpoint, and the entries after it. Nothing is decided or told.

    ValueError where the log is empty.
    """
    found = _checkpoint(data)
    if found is None:
        _, fold, start = fold_of_journal(data)
        found = fold, DeviceHealth(), start
    fold, health, start = found
    reader = JournalReader.open(data / JOURNAL)
    if start < (end := reader.end):
        for group in in_groups(reader.read(start, end)):
            health.apply([entry for _, entry in group])
            for _ in fold.apply(group):
                pass
    if health.clock_ms < 0:
        raise ValueError(f"{data}: the log is empty, so nothing is known of devices")
    return look(fold.engine, health, fold.digest)


def _checkpoint(data: Path) -> tuple[Fold, DeviceHealth, Position] | None:
    """What the newest whole checkpoint holds, and where to go on; None where none can be used."""
    if not (data / CHECKPOINTS).is_dir():
        return None
    end = JournalReader.open(data / JOURNAL).end
    found = CheckpointStore(data / CHECKPOINTS, read_only=True).load(STATE_VERSION, at_most=end).checkpoint
    if found is None:
        return None
    registry, resolve = load_registry(data / REGISTRY), resolver(data)
    try:
        state = cast(State, found.state)
        health = DeviceHealth.load(state)
        then = resolve(found.rule_digest)
        engine = load_state(make_plan(then.site, then.rules, registry), state)
    except (LookupError, ValueError):
        return None  # the log itself tells it too
    return Fold(then, engine, registry, resolve), health, found.position
