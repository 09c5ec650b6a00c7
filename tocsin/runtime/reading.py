"""Folding a data folder's journal from outside: read-only, also while the service runs."""

from pathlib import Path

from plant.entries import Configuration, Position
from rules.engine import STATE_VERSION
from tocsin.configuration import Configured, restore_configuration
from tocsin.log.checkpoints import CheckpointStore
from tocsin.log.layout import CHECKPOINTS, CONFIGURATIONS, JOURNAL, REGISTRY
from tocsin.log.reader import JournalReader
from tocsin.log.registry_file import load_registry
from tocsin.log.snapshots import SnapshotStore
from tocsin.runtime.fold import Fold, Resolve


def resolver(data: Path) -> Resolve:
    """Reads the configurations that a data folder keeps, by digest; LookupError where one is not kept."""
    store = SnapshotStore(data / CONFIGURATIONS)
    return lambda digest: restore_configuration(store.get(digest))


def fold_of_journal(data: Path) -> tuple[JournalReader, Fold, Position]:
    """(reader, fold, first position) of a journal, from its oldest entry.

    The configuration in force there is that of its first Configuration entry. ValueError if it holds none.
    """
    reader = JournalReader.open(data / JOURNAL)
    resolve = resolver(data)
    start = reader.first
    first = next((entry for _, entry in reader.read(start) if isinstance(entry, Configuration)), None)
    if first is None:
        raise ValueError(f"{data}: the journal holds no configuration, so nothing can be decided from it")
    return reader, Fold.fresh(resolve(first.digest), load_registry(data / REGISTRY), resolve), start


def configuration_in_force(data: Path) -> Configured:
    """The configuration under which the newest entry stands. ValueError if the journal holds none."""
    found: str | None = None
    loaded = CheckpointStore(data / CHECKPOINTS).load(STATE_VERSION).checkpoint
    reader = JournalReader.open(data / JOURNAL)
    start = reader.first
    if loaded is not None and loaded.position >= start:
        found, start = loaded.rule_digest, loaded.position
    for _, entry in reader.read(start):
        if isinstance(entry, Configuration):
            found = entry.digest
    if found is None:
        raise ValueError(f"{data}: the journal holds no configuration")
    return resolver(data)(found)
