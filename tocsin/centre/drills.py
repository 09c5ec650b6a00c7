"""Drills: the scenario suite in a process of its own, one at a time, and what came of earlier ones."""

import re
import threading
from typing import Final, Literal, NamedTuple

from plant.mistakes import InputError
from simulators import packaged_scenarios
from tocsin.accounts.roles import Permission, Principal
from tocsin.centre.errors import ForbiddenError, NotFoundError, RefusedError
from tocsin.centre.grounds import Grounds
from tocsin.centre.sight import demand
from tocsin.clock import Clock
from tocsin.drill.job import DrillJob, WantedDrill
from tocsin.drill.library import FOR_THE_EYE
from tocsin.drill.report import Drill, read_json
from tocsin.log.layout import DRILLS
from tocsin.settings import Settings

_NAME: Final = re.compile(r"(\d{10,16})-([A-Za-z0-9._-]{1,64})\.json")


class DrillKept(NamedTuple):
    """An outcome in the data folder: its name, when it was begun, and by whom."""

    name: str
    at_ms: int
    by: str


class CentreDrills:
    """Thread-safe. Only for who may drill, and sees the whole site. `close` ends a drill that still runs."""

    def __init__(self, settings: Settings, grounds: Grounds, clock: Clock) -> None:
        self._settings = settings
        self._folder = settings.data / DRILLS
        self._grounds = grounds
        self._clock = clock
        self._lock = threading.Lock()
        self._job: DrillJob | None = None

    def close(self) -> None:
        with self._lock:
            if self._job is not None:
                self._job.cancel()

    def scenarios(self, principal: Principal) -> list[str]:
        """Those of the product that are scored."""
        self._demand(principal)
        return [name for name in packaged_scenarios() if name not in FOR_THE_EYE]

    def live_why_not(self, principal: Principal) -> Literal["", "off", "no_broker"]:
        """Why the running service can't be rehearsed: exercises are off, or no broker is named; empty: it can."""
        self._demand(principal)
        if not self._settings.exercise.enabled or self._settings.kafka is not None:
            return "off"
        return "" if self._settings.mqtt else "no_broker"

    def running(self, principal: Principal) -> DrillJob | None:
        """The drill that runs, or the last one; None: there was none since this process began."""
        self._demand(principal)
        with self._lock:
            return self._job

    def begin(self, principal: Principal, wanted: WantedDrill) -> DrillJob:
        """ValueError: what is wanted is wrong. RefusedError: one runs."""
        self._demand(principal)
        stored = self._grounds.now().configured.stored
        by = re.sub(r"[^A-Za-z0-9._-]", "-", principal.by)[:64] or "-"
        with self._lock:
            if self._job is not None and not self._job.over.is_set():
                raise RefusedError("a drill runs: wait for its end, or end it")
            outcome = self._folder / f"{self._clock.now_ms()}-{by}.json"
            self._job = DrillJob(self._settings, stored, wanted, outcome)
            return self._job

    def kept(self, principal: Principal, limit: int = 50) -> list[DrillKept]:
        """Outcomes, the newest first."""
        self._demand(principal)
        found = []
        for path in self._folder.glob("*.json"):
            matched = _NAME.fullmatch(path.name)
            if matched is not None:
                found.append(DrillKept(path.name, int(matched[1]), matched[2]))
        return sorted(found, key=lambda kept: -kept.at_ms)[:limit]

    def outcome(self, principal: Principal, name: str) -> Drill:
        """One. NotFoundError."""
        self._demand(principal)
        if not _NAME.fullmatch(name):
            raise NotFoundError(f"there is no drill {name[:100]}")
        try:
            return read_json(self._folder / name)
        except (OSError, InputError) as error:
            raise NotFoundError(f"the drill {name} can't be read: {error}") from error

    def _demand(self, principal: Principal) -> None:
        demand(principal, Permission.DRILL)
        if not self._grounds.now().sight(principal).whole:
            raise ForbiddenError("drills are of the whole site")
