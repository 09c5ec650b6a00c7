"""Alarms by where they are: the open ones of a place out of the board's memory, and all that a point has had."""

import threading
from typing import Final

from alerts.machine import State
from alerts.record import AlarmRecord
from alerts.risk import Node
from alerts.severity import severity_rank
from tocsin.accounts.roles import Permission, Principal
from tocsin.book.listing import Wanted, list_alarms
from tocsin.centre.alarms import Alarms, Listed, reading
from tocsin.centre.board import Board
from tocsin.centre.errors import NotFoundError
from tocsin.centre.grounds import Grounded, Grounds
from tocsin.centre.sight import demand, demand_sight
from tocsin.records import Records

_INDEXED: Final = frozenset({"enterprise", "unit", "point"})
_MOST: Final = 1000


class AlarmsAt:
    """Thread-safe. Who sees a place sees its alarms; a place out of sight is NotFoundError."""

    def __init__(self, records: Records, grounds: Grounds, board: Board, alarms: Alarms) -> None:
        self._records = records
        self._grounds = grounds
        self._board = board
        self._alarms = alarms
        self._lock = threading.Lock()
        self._made_of: tuple[int, Grounded | None] = (-1, None)
        self._index: dict[Node, list[AlarmRecord]] = {}

    @property
    def turn(self) -> int:
        """Grows whenever an open alarm has changed."""
        return self._board.turn

    def open(self, principal: Principal, place: Node) -> list[Listed]:
        """The open alarms of an enterprise, a unit or a point and what is in it, the worst first, then the newest."""
        return [Listed(record, self._alarms.facts(record)) for record in self.records(principal, place)]

    def records(self, principal: Principal, place: Node) -> list[AlarmRecord]:
        """The same without words: for what is looked at every second."""
        self._demand(principal, place)
        with self._lock:
            return list(self._indexed().get(place, []))

    def ever(self, principal: Principal, point: str, first_ms: int | None, limit: int = 100) -> list[Listed]:
        """Alarms of a point, open or not, raised since `first_ms`; the newest first. UnavailableError."""
        self._demand(principal, Node("point", point))
        with reading(self._records) as db:
            page = list_alarms(db, Wanted(frozenset(State), first_ms=first_ms, text=point), _MOST)
        own = sorted((r for r in page.alarms if r.subject == point), key=lambda r: r.raised_at, reverse=True)
        return [Listed(record, self._alarms.facts(record)) for record in own[:limit]]

    def _indexed(self) -> dict[Node, list[AlarmRecord]]:
        grounded, turn = self._grounds.now(), self._board.turn
        if self._made_of[0] != turn or self._made_of[1] is not grounded:
            index: dict[Node, list[AlarmRecord]] = {}
            nodes = grounded.ground.nodes
            for record in sorted(self._board.records(), key=_order):
                for node in nodes.path_of(record.subject, record.enterprise):
                    if node.kind in _INDEXED:
                        index.setdefault(node, []).append(record)
            self._index, self._made_of = index, (turn, grounded)
        return self._index

    def _demand(self, principal: Principal, place: Node) -> None:
        demand(principal, Permission.VIEW)
        grounded = self._grounds.now()
        site = grounded.site
        match place.kind:
            case "enterprise":
                owner = place.id if place.id in site.enterprises else None
            case "unit":
                owner = site.units[place.id].enterprise if place.id in site.units else None
            case "point":
                owner = site.points[place.id].enterprise if place.id in site.points else None
            case _:
                owner = None
        if owner is None:
            raise NotFoundError(f"there is no {place.kind} {place.id}")
        demand_sight(grounded.sight(principal), owner, f"{place.kind} {place.id}")


def _order(record: AlarmRecord) -> tuple[int, int, str]:
    return -severity_rank(record.peak_severity), -record.raised_at, record.alarm
