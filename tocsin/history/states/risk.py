"""The risk of every place, kept up with the open alarms."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from alerts.ground import Ground
from alerts.record import AlarmRecord
from alerts.risk import Inherent, Node, RiskTree, standing_of
from tocsin.book.disposals import UNDER_WAY, disposals
from tocsin.database import Database
from tocsin.history.states.line import colour, line

_ALL: Final = 1 << 31
_SEVERITIES: Final = ("red", "orange", "yellow", "blue")


class RiskStates:
    """The tree of one version of the configuration. Used by one thread."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._tree = RiskTree(ground.nodes)
        self._taken: dict[str, AlarmRecord] = {}
        self._overdue: set[str] = set()
        self._places = [node for node in ground.nodes.all if node.kind != "point"]

    def take(self, db: Database, alarms: Mapping[str, AlarmRecord]) -> set[Node]:
        """Bring the tree up to these open alarms and to overdue disposals; returns places with another colour."""
        changes = []
        for alarm, record in alarms.items():
            if self._taken.get(alarm) != record:
                changes += self._tree.take(alarm, standing_of(record, silence=self._ground.silent(record.rule)))
        for alarm in self._taken.keys() - alarms.keys():
            changes += self._tree.take(alarm, None)
        self._taken = dict(alarms)
        late = {d.latest: d for d in disposals(db, UNDER_WAY, None, _ALL) if d.overdue}
        for alarm in self._overdue - late.keys():
            changes += self._tree.overdue(alarm, None)
        for alarm in late.keys() - self._overdue:
            disposal = late[alarm]
            changes += self._tree.overdue(alarm, disposal.severity, disposal.subject, disposal.enterprise)
        self._overdue = set(late)
        return {change.node for change in changes if change.node.kind != "point"}

    def lines(
        self, inherent: Mapping[Node, Inherent], at_ns: int, places: Collection[Node] | None = None
    ) -> Iterable[str]:
        """Of these places, or of all."""
        return [self._line(node, inherent.get(node), at_ns) for node in (self._places if places is None else places)]

    def _line(self, node: Node, grade: Inherent | None, at_ns: int) -> str:
        state = self._tree.state(node)
        site = self._ground.site
        unit = site.units.get(node.id) if node.kind == "unit" else None
        owner = unit.enterprise if unit is not None else node.id if node.kind == "enterprise" else ""
        enterprise = site.enterprises.get(owner)
        where = unit or enterprise
        inherent = colour(grade.colour) if grade is not None else 0
        return line(
            "risk",
            {
                "kind": node.kind,
                "place": node.id,
                "enterprise": owner,
                "region": node.id if node.kind == "region" else enterprise.region if enterprise is not None else "",
            },
            {
                "name": self._ground.nodes.name_of(node) or node.id,
                "colour": colour(state.colour),
                "inherent": inherent or None,
                **{severity: state.active.get(severity, 0) for severity in _SEVERITIES},
                "active": sum(state.active.values()),
                "unacknowledged": state.unacknowledged,
                "withheld": sum(state.withheld.values()),
                "overdue_disposals": state.overdue_disposals,
                "points": state.points,
                "silent": state.silent,
                "because": state.because,
                "lat": where.lat if where is not None else None,
                "lon": where.lon if where is not None else None,
            },
            at_ns,
        )
