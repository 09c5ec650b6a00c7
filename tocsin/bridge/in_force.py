"""One version of the configuration, ready for the gates of all leases."""

import gc
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.lookup import PointLookup
from ingest.routes import Route
from plant.entries import Configuration
from tocsin.kafka.division import Division
from tocsin.kafka.version_records import VersionHead
from tocsin.kafka.versions import Versions


@dataclass(frozen=True, slots=True)
class InForce:
    """What the leases of a bridge go by."""

    head: VersionHead
    lookup: PointLookup
    division: Division

    def entry(self, now_ms: int) -> Configuration:
        """`use version N`: a shard decides by it from this entry on. Where it is in force already, nothing changes."""
        head = self.head
        return Configuration(now_ms, head.kind, head.digest, head.who, head.why, head.number)


def prepare(versions: Versions, head: VersionHead, routes: Sequence[Route], partitions: int) -> InForce:
    """Restore and divide a version; takes seconds for a large site. VersionError, KafkaAwayError."""
    gc.disable()  # A collection while a large site is half made would hold every thread up.
    try:
        configured = versions.get(head.number)
        lookup = PointLookup(configured.site, versions.registry, routes)
        division = Division(configured.site, configured.rules, versions.registry, partitions)
    finally:
        gc.enable()
    return InForce(head, lookup, division)
