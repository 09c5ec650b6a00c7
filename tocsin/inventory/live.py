"""Devices of the running service: for who asks over the control socket, and for Prometheus."""

import numpy as np

from plant.site import Site
from tocsin.inventory.device_table import DeviceTable, device_table
from tocsin.inventory.health import NO_LOW
from tocsin.inventory.seen import Seen, look
from tocsin.inventory.standing import by_enterprise, stand
from tocsin.observe.metrics import Metrics
from tocsin.runtime.core import Core


class LiveDevices:
    """Reads the core from other threads; nothing of it is changed, and nothing waits for it."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._table: tuple[str, Site, DeviceTable] | None = None
        self._looked: tuple[int, DeviceTable, Seen] | None = None

    def seen(self) -> Seen:
        """What was heard of each point as of the last entry, which is hardly more than a second ago."""
        fold = self._core.fold
        while True:
            engine, digest = fold.engine, fold.digest
            seen = look(engine, self._core.health, digest)
            if fold.engine is engine and fold.digest == digest:  # else the configuration changed meanwhile
                return seen

    def watch(self, metrics: Metrics) -> None:
        """Register the metrics of devices."""
        metrics.watch("tocsin_devices", self._by_state)
        metrics.watch("tocsin_devices_expected", lambda: by_enterprise(self._look()[0], slice(None)))
        metrics.watch("tocsin_devices_reporting", self._reporting)
        metrics.watch("tocsin_device_clock_offset_max_seconds", self._worst_offset_s)

    def look(self) -> tuple[Site, DeviceTable, Seen]:
        """The site, its devices, and what was heard of their points, all of one version."""
        table, seen = self._look()
        assert self._table is not None  # noqa: S101 - looked at just now
        return self._table[1], table, seen

    def _look(self) -> tuple[DeviceTable, Seen]:
        """As of now; the metrics of one scrape share it."""
        core, decided = self._core, self._core.decided
        if self._looked is None or self._looked[0] != decided:
            seen = self.seen()
            if self._table is None or self._table[0] != seen.digest:
                fold = core.fold
                configured = fold.configured if fold.digest == seen.digest else core.resolve(seen.digest)
                table = device_table(configured.site, configured.rules, core.registry.registry)
                self._table = seen.digest, configured.site, table
            self._looked = decided, self._table[2], seen
        return self._looked[1:]

    def _by_state(self) -> dict[str, float]:
        table, seen = self._look()
        standing = stand(table, seen)
        reporting, heard = int(standing.reporting.sum()), int(standing.heard.sum())
        return {"reporting": reporting, "silent": heard - reporting, "never": len(table) - heard}

    def _reporting(self) -> dict[str, int]:
        table, seen = self._look()
        return by_enterprise(table, stand(table, seen).reporting)

    def _worst_offset_s(self) -> float:
        table, seen = self._look()
        low = seen.delay_low[table.points]
        low = low[low != NO_LOW]
        return float(np.abs(low).max()) / 1000 if len(low) else 0.0
