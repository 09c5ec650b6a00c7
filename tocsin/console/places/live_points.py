"""Points of a page as they are now, and what has changed of them; asked for by the second."""

from collections.abc import Sequence
from typing import Any

from alerts.machine import ACTIVE
from alerts.record import AlarmRecord
from alerts.risk import Node
from tocsin.accounts.roles import Principal
from tocsin.centre.centre import Centre
from tocsin.centre.latest import Latest
from tocsin.console.colours import COLOURS, badge
from tocsin.console.places.points import PointNow, PointRow, changed, now_of
from tocsin.console.places.words import SHARED
from tocsin.console.words import Language


class LivePoints:
    """For one page. Readings come as deltas; that a point falls silent is seen without any."""

    def __init__(self, centre: Centre, place: Node, rows: Sequence[PointRow]) -> None:
        """`place` is the unit or the point whose alarms are looked at."""
        self.rows = list(rows)
        self._centre = centre
        self._place = place
        self._names = [row.point for row in self.rows]
        self._turn = 0
        self._latest: dict[str, Latest] = {}
        self._shown: dict[str, PointNow] = {}

    def all(self, principal: Principal) -> list[PointNow]:
        """Every row, in order. NotFoundError."""
        self._turn, heard = self._centre.places.latest_since(principal, self._names, self._turn)
        self._latest |= heard
        severities = severities_of(self._centre.alarms_at.records(principal, self._place))
        now_ms = self._centre.clock.now_ms()
        nows = [now_of(row, self._latest.get(row.point), severities.get(row.point), now_ms) for row in self.rows]
        self._shown = {now.point: now for now in nows}
        return nows

    def news(self, principal: Principal) -> list[dict[str, Any]] | None:
        """Forms of the rows that look otherwise than at the last call; None: none does."""
        before = self._shown
        return [now.form() for now in changed(before, self.all(principal))] or None


def severities_of(worst_first: Sequence[AlarmRecord]) -> dict[str, str]:
    """By subject, the severity of the worst alarm whose condition is on; "" where none is."""
    found: dict[str, str] = {}
    for record in worst_first:
        if not found.get(record.subject):
            found[record.subject] = record.peak_severity if record.state in ACTIVE else ""
    return found


def told(language: Language) -> dict[str, Any]:
    """What the page's script needs to write them: words of states, and badges of severities."""
    return {"qualities": qualities(language), "badges": badges(language), "over": SHARED.said(language)["over"]}


def qualities(language: Language) -> dict[str, str]:
    """By PointNow.state."""
    shared = SHARED.said(language)
    return {
        state: shared["quality_never" if state == "never" else state]
        for state in ("good", "uncertain", "bad", "old", "never")
    }


def badges(language: Language) -> dict[str, str]:
    """HTML by severity; "" where there is no alarm."""
    return {"": ""} | {severity: badge(severity, language) for severity in COLOURS}
