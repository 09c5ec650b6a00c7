"""What the states in history are made of: the running service, looked at from another thread."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from alerts.ground import Ground
from alerts.risk import Inherent, InherentGrades, Node
from tocsin.clock import Clock
from tocsin.configuration import Configured
from tocsin.history.limits import Limits, limit_lines, limits_of
from tocsin.history.states.devices import device_lines
from tocsin.history.states.line import Field
from tocsin.history.states.own import Own
from tocsin.inventory.live import LiveDevices
from tocsin.risk.grades import grades_of
from tocsin.risk.live import values_of
from tocsin.runtime.core import Core
from tocsin.runtime.vitals import Vitals

_STATM = Path("/proc/self/statm")


class ServiceSurroundings:
    """Implements tocsin.history.states.follower.Surroundings; used by one thread. Nothing waits for it."""

    def __init__(self, core: Core, vitals: Vitals, channels: Sequence[str], data: Path, clock: Clock) -> None:
        self._core = core
        self._vitals = vitals
        self._channels = list(channels)
        self._data = data
        self._clock = clock
        self._began_s = clock.monotonic_s()
        self._devices = LiveDevices(core)
        self._limits: tuple[Configured, dict[str, Limits]] | None = None
        self._grades: tuple[Ground, InherentGrades] | None = None

    def ground(self) -> Ground:
        return self._core.fold.ground

    def inherent(self) -> Mapping[Node, Inherent]:
        fold = self._core.fold
        ground, configured = fold.ground, fold.configured
        if self._grades is None or self._grades[0] is not ground:
            self._grades = ground, grades_of(configured, ground.nodes)[0]
        grades = self._grades[1]
        return grades.all(values_of(self._core, grades.points))

    def devices(self, at_ns: int) -> list[str]:
        site, table, seen = self._devices.look()
        return device_lines(site, table, seen, self._core.registry.registry, at_ns)

    def limits(self, at_ns: int) -> list[str]:
        configured = self._core.fold.configured
        if self._limits is None or self._limits[0] is not configured:
            self._limits = configured, limits_of(configured.site, configured.rules)
        return limit_lines(configured.site, self._limits[1], at_ns)

    def own(self) -> Own:
        figures: dict[str, Field] = {
            "uptime_s": self._clock.monotonic_s() - self._began_s,
            "disk_free_bytes": shutil.disk_usage(self._data).free,
            "memory_bytes": _memory_bytes(),
            **self._vitals.figures(),
        }
        return Own(figures, self._vitals.health(), self._vitals.sources())

    def channels(self) -> list[str]:
        return self._channels


def _memory_bytes() -> int | None:
    """Resident; None where the system does not tell."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None
