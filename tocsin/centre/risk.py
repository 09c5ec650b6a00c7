"""The risk of places in sight, kept up with the board of open alarms: made once, for however many screens."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from alerts.record import AlarmRecord
from alerts.risk import SITE, Inherent, InherentGrades, Node, RiskTree, standing_of
from plant.mistakes import Mistake
from plant.quality import Quality
from tocsin.accounts.roles import Permission, Principal
from tocsin.book import BookReader
from tocsin.book.disposals import UNDER_WAY, disposals
from tocsin.centre.alarms import reading
from tocsin.centre.board import Board
from tocsin.centre.errors import NotFoundError, UnavailableError
from tocsin.centre.grounds import Grounded, Grounds
from tocsin.centre.latest import LatestValues
from tocsin.centre.sight import Sight, demand
from tocsin.clock import Clock
from tocsin.log.errors import LogCorruptError
from tocsin.records import Records
from tocsin.risk.grades import grades_of
from tocsin.risk.live import ask_values
from tocsin.risk.picture import Change, history_of
from tocsin.risk.view import Risk, RiskView

_T = TypeVar("_T")

_LOOK_S: Final = 1.0
_SLOW_LOOK_S: Final = 5.0
_ALL: Final = 1 << 31
_ROLLED_UP: Final = frozenset({"site", "region", "park", "enterprise"})


@dataclass(slots=True)
class _Kept:
    """What is held of one configuration."""

    grounded: Grounded
    grades: InherentGrades
    mistakes: tuple[Mistake, ...]
    members: Mapping[Node, frozenset[str]]
    tree: RiskTree
    board_turn: int = 0
    inherent: dict[Node, Inherent] = field(default_factory=dict)
    told: dict[str, float] | None = None
    """What the service said of the values that change grades: it knows them however long ago they came."""
    values: dict[str, float] | None = None
    overdue: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """By alarm: severity, subject, enterprise."""
    late: dict[str, AlarmRecord] = field(default_factory=dict)
    """Alarms of overdue disposals, which may be closed."""


class Risks:
    """Thread-safe; a call blocks while the picture is brought up to date, which one call a second does for all."""

    def __init__(self, records: Records, grounds: Grounds, board: Board, latest: LatestValues, clock: Clock) -> None:
        self._records = records
        self._grounds = grounds
        self._board = board
        self._latest = latest
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: _Kept | None = None
        self._due_s = self._slow_due_s = float("-inf")
        self._turn = 0
        self._rolled_up: list[Risk] | None = None

    def warm(self) -> None:
        """Make what the first screen would wait for. UnavailableError."""
        with self._lock:
            self._refresh().tree.nodes.of_id("")

    def turn(self, principal: Principal) -> int:
        """Grows whenever the colour, the counts or the grade of some place may have changed."""
        demand(principal, Permission.VIEW)
        with self._lock:
            self._refresh()
            return self._turn

    def rolled_up(self, principal: Principal) -> list[Risk]:
        """Site, regions, parks and enterprises in sight, those above first; none that is seen only in part."""
        demand(principal, Permission.VIEW)
        with self._lock:
            kept = self._refresh()
            if self._rolled_up is None:
                view = self._view(kept)
                self._rolled_up = [view.at(node) for node in view.nodes.all if node.kind in _ROLLED_UP]
            shown = self._rolled_up
        sight = kept.grounded.sight(principal)
        if sight.whole:
            return shown
        return [risk for risk in shown if self._sees(kept, sight, risk.node)]

    def at(self, principal: Principal, place: str | None) -> Risk:
        """One place by its id, or `kind:id` where several have it; None: the site. NotFoundError."""
        return self._seen(principal, place, lambda view, node: view.at(node))

    def below(self, principal: Principal, place: str | None, *, every: bool = False) -> list[tuple[int, Risk]]:
        """(depth, risk) of a place and what lies in it (RiskView.below). NotFoundError."""
        return self._seen(principal, place, lambda view, node: list(view.below(node, every=every)))

    def history(
        self, principal: Principal, place: str | None, since_ms: int | None, until_ms: int | None
    ) -> list[Change]:
        """What colours a place had, in the order of time. NotFoundError; UnavailableError."""
        node = self._seen(principal, place, lambda _, node: node)
        with reading(self._records):
            return history_of(self._records, node, since_ms, until_ms)

    def mistakes(self, principal: Principal) -> tuple[Mistake, ...]:
        """What is wrong with hazards.csv: the levels are those of units.csv then."""
        demand(principal, Permission.SETTINGS)
        with self._lock:
            return self._refresh().mistakes

    def _seen(self, principal: Principal, place: str | None, look: Callable[[RiskView, Node], _T]) -> _T:
        demand(principal, Permission.VIEW)
        with self._lock:
            kept = self._refresh()
            view = self._view(kept)
            try:
                node = view.find(place)
            except LookupError as error:
                raise NotFoundError(str(error)) from error
            if not self._sees(kept, kept.grounded.sight(principal), node):
                raise NotFoundError(f"there is no place {place or 'site'}")
            return look(view, node)

    def _view(self, kept: _Kept) -> RiskView:
        def alarm_of(alarm: str) -> AlarmRecord | None:
            return self._board.record(alarm) or kept.late.get(alarm)

        return RiskView(kept.tree.nodes, kept.tree, kept.inherent, alarm_of)

    def _sees(self, kept: _Kept, sight: Sight, node: Node) -> bool:
        if sight.whole:
            return True
        site = kept.grounded.site
        match node.kind:
            case "enterprise":
                return sight.sees(node.id)
            case "unit":
                return sight.sees(site.units[node.id].enterprise)
            case "point":
                return sight.sees(site.points[node.id].enterprise)
            case _:
                members = kept.members.get(node, frozenset())
                return node != SITE and bool(members) and members <= sight.enterprises

    def _refresh(self) -> _Kept:
        """Called with the lock."""
        now_s = self._clock.monotonic_s()
        if self._kept is not None and now_s < self._due_s:
            return self._kept
        grounded = self._grounds.now()
        kept = self._kept
        if kept is None or kept.grounded is not grounded:
            kept = _fresh(grounded)
            self._slow_due_s = float("-inf")
            self._changed()
        if now_s >= self._slow_due_s:
            if self._overdue(kept) | self._inherent(kept):
                self._changed()
            self._slow_due_s = now_s + _SLOW_LOOK_S
        if self._alarms(kept):
            self._changed()
        self._kept, self._due_s = kept, now_s + _LOOK_S
        return kept

    def _changed(self) -> None:
        self._turn += 1
        self._rolled_up = None

    def _alarms(self, kept: _Kept) -> bool:
        if self._board.turn == kept.board_turn:
            return False
        changes = self._board.changes(kept.board_turn)
        if changes.all and kept.board_turn:
            kept.tree = RiskTree(kept.tree.nodes)
            for alarm, what in kept.overdue.items():
                kept.tree.overdue(alarm, *what)
        silent = kept.grounded.ground.silent
        for record in changes.changed:
            kept.tree.take(record.alarm, standing_of(record, silence=silent(record.rule)))
        for alarm in changes.gone:
            if kept.tree.standing(alarm) is not None:
                kept.tree.take(alarm, None)
        kept.board_turn = changes.turn
        return True

    def _overdue(self, kept: _Kept) -> bool:
        try:
            with reading(self._records) as db:
                found = [d for d in disposals(db, UNDER_WAY, None, _ALL) if d.overdue]
                late = {d.latest: BookReader(db).alarm(d.latest) for d in found if d.latest not in kept.late}
        except UnavailableError:
            return False  # the pulse says so; what was known stays
        now = {d.latest: (d.severity, d.subject, d.enterprise) for d in found}
        changed = {alarm for alarm in now.keys() | kept.overdue.keys() if now.get(alarm) != kept.overdue.get(alarm)}
        for alarm in changed:
            severity, subject, enterprise = now.get(alarm, (None, "", ""))
            kept.tree.overdue(alarm, severity, subject, enterprise)
        known = {alarm: record for alarm, record in (kept.late | late).items() if record is not None and alarm in now}
        kept.overdue, kept.late = now, known
        return bool(changed)

    def _inherent(self, kept: _Kept) -> bool:
        points = kept.grades.points
        if kept.told is None and points:
            kept.told = self._ask(points)
        values = dict(kept.told or {})
        for point, latest in self._latest.of(points).items():
            if latest.value is not None and latest.quality != Quality.BAD:
                values[point] = latest.value
        if values == kept.values:
            return False
        kept.inherent, kept.values = kept.grades.all(values), values
        return True

    def _ask(self, points: list[str]) -> dict[str, float] | None:
        try:
            return ask_values(self._records.ask, points)
        except (OSError, ValueError):
            return None


def _fresh(grounded: Grounded) -> _Kept:
    nodes = grounded.ground.nodes
    try:
        grades, mistakes = grades_of(grounded.configured, nodes)
    except (OSError, LogCorruptError) as error:
        raise UnavailableError(str(error)) from error
    members: dict[Node, set[str]] = {}
    for enterprise in grounded.site.enterprises:
        for node in nodes.path_of_enterprise(enterprise):
            members.setdefault(node, set()).add(enterprise)
    frozen = {node: frozenset(of_it) for node, of_it in members.items()}
    return _Kept(grounded, grades, mistakes, frozen, RiskTree(nodes))
