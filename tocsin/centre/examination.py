"""How the service is set up, and what the doctor finds: for who may see settings, and sees the whole site."""

import threading
from typing import Any, Final

from alerts.record import AlarmRecord
from tocsin.accounts.roles import Permission, Principal
from tocsin.centre.board import Board
from tocsin.centre.errors import ForbiddenError, RefusedError
from tocsin.centre.grounds import Grounds
from tocsin.centre.sight import demand
from tocsin.clock import Clock
from tocsin.doctor.checks import checks_of
from tocsin.doctor.examine import DEADLINE_S, examine
from tocsin.doctor.finding import Finding
from tocsin.observe.masking import mask
from tocsin.settings import Settings

_CONFIG: Final = "tocsin.toml"
_OWN: Final = "tocsin."
"""Rules of Tocsin's watch over itself."""


class Examination:
    """Thread-safe; `look` blocks until its deadline at the longest."""

    def __init__(self, settings: Settings, grounds: Grounds, board: Board, clock: Clock) -> None:
        self._settings = settings
        self._grounds = grounds
        self._board = board
        self._clock = clock
        self._turn = threading.Lock()

    def look(self, principal: Principal, deadline_s: float = DEADLINE_S) -> list[Finding]:
        """What all checks find now. RefusedError: somebody else looks at this moment."""
        self._demand(principal)
        if not self._turn.acquire(blocking=False):
            raise RefusedError("it is being looked at just now: try again in a moment")
        try:
            return examine(checks_of(self._settings, _CONFIG, self._clock), self._clock, deadline_s)
        finally:
            self._turn.release()

    def settings(self, principal: Principal) -> dict[str, Any]:
        """The settings in force, without secrets."""
        self._demand(principal)
        masked = mask(self._settings.model_dump(mode="json"))
        return dict(masked)

    def own_alarms(self, principal: Principal) -> list[AlarmRecord]:
        """Open alarms of Tocsin about itself, the newest first."""
        self._demand(principal)
        found = [record for record in self._board.records() if record.rule.startswith(_OWN)]
        return sorted(found, key=lambda record: -record.raised_at)

    def _demand(self, principal: Principal) -> None:
        demand(principal, Permission.SETTINGS)
        if not self._grounds.now().sight(principal).whole:
            raise ForbiddenError("it is of the whole site")
