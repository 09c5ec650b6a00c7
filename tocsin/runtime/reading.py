"""Folding a data folder's journal from outside: read-only, also while the service runs."""

from pathlib import Path

from plant.entries import Position
from tocsin.configuration import Configured, restore_configuration
from tocsin.log.layout import CONFIGURATIONS, JOURNAL, REGISTRY
from tocsin.log.reader import JournalReader
from tocsin.log.registry_file import load_registry
from tocsin.log.snapshots import SnapshotStore
from tocsin.log.versions import Version, version_at, versions_of
from tocsin.runtime.fold import Fold, Resolve


def resolver(data: Path) -> Resolve:
    """Reads the configurations that a data folder keeps, by digest; LookupError where one is not kept."""
    store = SnapshotStore(data / CONFIGURATIONS)
    return lambda digest: restore_configuration(store.get(digest))


def fold_of_journal(data: Path) -> tuple[JournalReader, Fold, Position]:
    """(reader, fold, first position) of a journal, from its oldest entry.

    ValueError if nothing tells which configuration was in force there.
    """
    reader = JournalReader.open(data / JOURNAL)
    resolve = resolver(data)
    start = reader.first
    first = version_at(versions_of(data), start)
    if first is None:
        raise ValueError(f"{data}: the journal holds no configuration, so nothing can be decided from it")
    return reader, Fold.fresh(resolve(first.digest), load_registry(data / REGISTRY), resolve), start


def configuration_in_force(data: Path) -> Configured:
    """The configuration under which the newest entry stands. ValueError if the journal holds none."""
    return resolver(data)(version_in_force(data).digest)


def version_in_force(data: Path) -> Version:
    """The version under which the newest entry stands. ValueError if there is none."""
    versions = versions_of(data)
    if not versions:
        raise ValueError(f"{data}: the journal holds no configuration")
    return versions[-1]
