"""Versions of the configuration, divided; made once for all shards of a process."""

import gc
import threading
from typing import Final

from tocsin.kafka.division import Division
from tocsin.kafka.versions import Versions
from tocsin.settings.kafka import KafkaSettings
from tocsin.worker.divided import Divided, VersionNumber

_KEPT: Final = 3
_WAIT_S: Final = 10.0


class Divisions:
    """Follows the topic `config`. May be used from several threads."""

    def __init__(self, settings: KafkaSettings) -> None:
        """Reads the topic to its end. KafkaClientError."""
        self._versions = Versions.open(settings)
        self._partitions = settings.partitions
        self._lock = threading.Lock()
        self._made: dict[VersionNumber, Divided] = {}

    def get(self, version: VersionNumber) -> Divided:
        """Takes seconds for a large site, the first time. LookupError if there is none, after having waited for it."""
        with self._lock:
            found = self._made.get(version)
            if found is None:
                found = self._made[version] = self._make(version)
                while len(self._made) > _KEPT:
                    del self._made[next(iter(self._made))]
            return found

    def at(self, at_ms: int) -> VersionNumber | None:
        """The newest version that was put by then; the first where all came later; None where there is none."""
        heads = self._versions.all
        return max((head.number for head in heads if head.at_ms <= at_ms), default=1) if heads else None

    def close(self) -> None:
        self._versions.close()

    def _make(self, version: VersionNumber) -> Divided:
        waited_s = 0.0
        while (latest := self._versions.latest) is None or latest.number < version:
            if waited_s >= _WAIT_S:
                raise LookupError(f"version {version} of the configuration is not in the topic config")
            if not self._versions.refresh(1.0):
                waited_s += 1.0
        gc.disable()  # A collection while a large site is half made would hold every thread up.
        try:
            configured = self._versions.get(version)
            registry = self._versions.registry
            division = Division(configured.site, configured.rules, registry, self._partitions)
        finally:
            gc.enable()
        return Divided(version, division, registry.numbers)
