"""The inherent grade of every place while the service runs: looked at now and then, changes written down."""

from pathlib import Path

import structlog

from alerts.risk import InherentGrades
from tocsin.log.layout import INHERENT
from tocsin.risk.grades import grades_of
from tocsin.risk.history import InherentHistory
from tocsin.risk.live import values_of
from tocsin.runtime.core import Core

_log = structlog.get_logger(__name__)


class InherentWatch:
    """Reads the core from another thread; nothing of it is changed, and nothing waits for it."""

    def __init__(self, core: Core, data: Path) -> None:
        self._core = core
        self._path = data / INHERENT
        self._history: InherentHistory | None = None
        self._digest = ""
        self._grades: InherentGrades | None = None
        self._values: dict[str, float] = {}
        self._noted = False
        self._trouble = ""

    def look(self, now_ms: int) -> int:
        """Write down what has changed; returns how many places. What goes wrong is logged: alarms go on."""
        try:
            changes = self._look(now_ms)
        except Exception as error:
            if str(error) != self._trouble:
                _log.warning("inherent_grades_not_kept", error=f"{type(error).__name__}: {error}")
            self._trouble = str(error)
            return 0
        self._trouble = ""
        return changes

    def _look(self, now_ms: int) -> int:
        fold = self._core.fold
        if self._grades is None or fold.digest != self._digest:
            configured, digest = fold.configured, fold.digest
            if configured.digest != digest:
                return 0  # it is changing right now
            self._grades, mistakes = grades_of(configured, fold.ground.nodes)
            self._digest, self._noted = digest, False
            for mistake in mistakes:
                _log.warning("hazards_not_read", mistake=str(mistake))
        values = values_of(self._core, self._grades.points)
        if self._noted and values == self._values:
            return 0
        self._history = self._history or InherentHistory(self._path)
        self._noted = False
        changes = self._history.note(now_ms, self._grades.all(values))
        self._noted, self._values = True, values
        return changes
