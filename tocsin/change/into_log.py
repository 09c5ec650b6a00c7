"""A configuration put into force while no service runs: straight into the log, which the service then starts from."""

from pathlib import Path
from typing import Literal

from plant.entries import Configuration, Position
from tocsin.configuration import Configured
from tocsin.log.journal import Journal
from tocsin.log.layout import CONFIGURATIONS, JOURNAL, REGISTRY
from tocsin.log.registry_file import RegistryFile
from tocsin.log.snapshots import SnapshotStore
from tocsin.log.versions import bring_up_to_date, versions_of


def write_into_log(
    data: Path,
    configured: Configured,
    kind: Literal["rules", "site"],
    who: str,
    why: str,
    now_ms: int,
    instead_of: str,
) -> Position:
    """Keep it, number its points, write its entry; returns the entry's position.

    In this order, so that a crash leaves either nothing in force or all of it. LogLockedError while a service runs,
    ValueError where `instead_of` is not the digest of what is in force.
    """
    journal = Journal.open(data / JOURNAL)
    try:
        in_force = versions_of(data)[-1].digest
        if in_force != instead_of:
            raise ValueError(f"version {in_force[:12]} has come into force meanwhile: look at the difference again")
        digest = SnapshotStore(data / CONFIGURATIONS).put(configured.stored)
        registry = RegistryFile.open(data / REGISTRY)
        try:
            registry.assign(configured.site.points)
        finally:
            registry.close()
        at_ms = max(now_ms, (journal.last_received_at_ms or 0) + 1)  # times tell entries apart
        entry = Configuration(at_ms, kind, digest, who, why)
        position = journal.append([entry])
        bring_up_to_date(data)
        return position
    finally:
        journal.close()
