"""The state of alarms rolled up from point to site: one alarm costs as much as its place is deep (pure).

The rule of a place's colour, in this order:

1. alarms that are active, under no override and not of silence: the worst severity among them;
2. else overdue disposals: the worst severity among their alarms;
3. else no point, or no point that brings data: `no_data`;
4. else `normal`.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from alerts.risk.nodes import Node, Nodes
from alerts.risk.oldest import Oldest
from alerts.risk.standing import Standing
from alerts.severity import severity_rank

NO_DATA: Final = "no_data"
NORMAL: Final = "normal"
_WORST_FIRST: Final = ("red", "orange", "yellow", "blue")


class NodeState(NamedTuple):
    """What a place's alarms come to. `because` is the alarm that gave the colour, empty where none did."""

    colour: str
    """red, orange, yellow, blue, normal or no_data."""
    because: str
    overdue: bool
    """The colour comes from an overdue disposal."""
    active: dict[str, int]
    """Active alarms under no override, by severity; those of silence are not in it."""
    unacknowledged: int
    withheld: dict[str, int]
    """Open alarms under an override, by its kind."""
    overdue_disposals: int
    points: int
    silent: int
    """Points that bring no data."""


class NodeChange(NamedTuple):
    """A place has another colour, or another alarm gives it."""

    node: Node
    before: str
    colour: str
    because: str
    overdue: bool


@dataclass(slots=True)
class _Tally:
    points: int = 0
    silent: int = 0
    unacknowledged: int = 0
    colouring: dict[str, Oldest] = field(default_factory=dict)
    """By severity, the alarms that give colour."""
    overdue: dict[str, Oldest] = field(default_factory=dict)
    withheld: Counter[str] = field(default_factory=Counter)

    def worst(self) -> tuple[str, str, bool]:
        """(colour, alarm, whether it is an overdue disposal)."""
        for alarms, overdue in ((self.colouring, False), (self.overdue, True)):
            known = (severity for severity in _WORST_FIRST if alarms.get(severity))
            severity = next(known, None) or max((s for s in alarms if alarms[s]), key=severity_rank, default=None)
            if severity is not None:
                return severity, alarms[severity].first, overdue
        return (NO_DATA if self.silent >= self.points else NORMAL), "", False


class RiskTree:
    """The states of all places of a site. Feed it every open alarm and every change of one."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self._tallies: dict[Node, _Tally] = {node: _Tally() for node in nodes.all}
        self._standing: dict[str, Standing] = {}
        self._overdue: dict[str, tuple[str, tuple[Node, ...]]] = {}
        self._silenced: Counter[str] = Counter()
        for point in nodes.site.points.values():
            for node in nodes.path_of(point.point, point.enterprise):
                self._tally(node).points += 1

    def take(self, alarm: str, after: Standing | None) -> list[NodeChange]:
        """An alarm stands as `after` now (None: it is closed); returns the places that have changed colour."""
        before = self._standing.get(alarm)
        if before == after:
            return []
        subject = after or before
        assert subject is not None  # noqa: S101 - one of two that differ
        path = self.nodes.path_of(subject.subject, subject.enterprise)
        was = [self._tally(node).worst() for node in path]
        if before is not None:
            self._count(before, path, -1)
            del self._standing[alarm]
        if after is not None:
            self._count(after, path, 1)
            self._standing[alarm] = after
        return self._changes(path, was)

    def overdue(self, alarm: str, severity: str | None, subject: str = "", enterprise: str = "") -> list[NodeChange]:
        """The disposal of an alarm of that severity is overdue; None: it is no more."""
        before = self._overdue.pop(alarm, None)
        path = before[1] if before is not None else self.nodes.path_of(subject, enterprise)
        was = [self._tally(node).worst() for node in path]
        for node in path:
            tally = self._tally(node)
            if before is not None:
                tally.overdue[before[0]].drop(alarm)
            if severity is not None:
                tally.overdue.setdefault(severity, Oldest()).put(alarm, 0)
        if severity is not None:
            self._overdue[alarm] = severity, path
        return self._changes(path, was)

    def state(self, node: Node) -> NodeState:
        """What is so at a place. A place that the site does not have is without data."""
        tally = self._tallies.get(node) or _Tally()
        colour, because, overdue = tally.worst()
        return NodeState(
            colour=colour,
            because=because,
            overdue=overdue,
            active={severity: len(alarms) for severity, alarms in tally.colouring.items() if alarms},
            unacknowledged=tally.unacknowledged,
            withheld={kind: n for kind, n in tally.withheld.items() if n},
            overdue_disposals=sum(map(len, tally.overdue.values())),
            points=tally.points,
            silent=tally.silent,
        )

    def standing(self, alarm: str) -> Standing | None:
        """An open alarm as it was last taken."""
        return self._standing.get(alarm)

    def _count(self, standing: Standing, path: tuple[Node, ...], by: int) -> None:
        silences = self._silences(standing, by)
        colours = standing.active and not standing.withheld and not standing.silence
        for node in path:
            tally = self._tally(node)
            tally.silent += silences
            if standing.withheld:
                tally.withheld[standing.withheld] += by
                continue
            if not standing.acknowledged:
                tally.unacknowledged += by
            if colours and by > 0:
                tally.colouring.setdefault(standing.severity, Oldest()).put(standing.alarm, standing.raised_at)
            elif colours:
                tally.colouring[standing.severity].drop(standing.alarm)

    def _silences(self, standing: Standing, by: int) -> int:
        """By how much the number of silent points changes: two alarms of silence make one silent point.

        A silence that is suppressed (its gateway is down) or shelved is silence all the same.
        """
        if not standing.silence or standing.subject not in self.nodes.site.points:
            return 0
        before = self._silenced[standing.subject]
        self._silenced[standing.subject] = before + by
        return int(before + by > 0) - int(before > 0)

    def _changes(self, path: tuple[Node, ...], was: list[tuple[str, str, bool]]) -> list[NodeChange]:
        changes = []
        for node, before in zip(path, was, strict=True):
            now = self._tally(node).worst()
            if now != before:
                changes.append(NodeChange(node, before[0], *now))
        return changes

    def _tally(self, node: Node) -> _Tally:
        tally = self._tallies.get(node)
        if tally is None:
            tally = self._tallies[node] = _Tally()
        return tally
