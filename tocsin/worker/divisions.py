"""Versions of the configuration, divided; made once for all shards of a process, and before they are wanted."""

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
        self._making = threading.Lock()
        """One at a time; who asks for what is made already does not wait."""
        self._made: dict[VersionNumber, Divided] = {}

    def get(self, version: VersionNumber) -> Divided:
        """Takes seconds for a large site, the first time. LookupError if there is none, after having waited for it."""
        found = self._made.get(version)
        if found is not None:
            return found
        with self._making:
            found = self._made.get(version)
            if found is None:
                found = self._make(version)
                kept = [*self._made.items()][1 - _KEPT :]
                self._made = {**dict(kept), version: found}
            return found

    def prepare(self) -> None:
        """Make the newest version, if it is not made yet: a shard that switches to it then need not stand still.

        Bridges take as long to prepare it before they write the entry that puts it into force. KafkaClientError;
        ValueError where it can't be read.
        """
        self._versions.refresh()
        newest = self._versions.latest
        if newest is not None:
            self.get(newest.number)

    def at(self, at_ms: int) -> VersionNumber | None:
        """The newest version that was put by then; the first where all came later; None where there is none."""
        return self._versions.number_at(at_ms)

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
