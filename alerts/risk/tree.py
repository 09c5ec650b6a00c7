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
_GRAVITY: Final = {"red": 4, "orange": 3, "yellow": 2, "blue": 1}


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


class _Worst(NamedTuple):
    """What gives a place its colour."""

    colour: str
    first: tuple[int, str] = (0, "")
    """When the alarm was raised, and its id: the oldest of that severity."""
    overdue: bool = False


@dataclass(slots=True)
class _Tally:
    points: int = 0
    silent: int = 0
    unacknowledged: int = 0
    colouring: dict[str, Oldest] = field(default_factory=dict)
    """By severity, the alarms that give colour."""
    overdue: dict[str, Oldest] = field(default_factory=dict)
    withheld: Counter[str] = field(default_factory=Counter)
    known: _Worst | None = None
    """The worst, until something is counted."""

    @property
    def worst(self) -> _Worst:
        if self.known is None:
            self.known = self._look()
        return self.known

    def stays(self, severity: str, raised_at: int, alarm: str) -> bool:
        """Whether the worst is known, and this alarm more or less can't change it: it is less grave, or younger."""
        known = self.known
        if known is None or known.overdue:
            return False
        if known.colour == severity:
            return known.first < (raised_at, alarm)
        return _GRAVITY.get(known.colour, 0) > _GRAVITY.get(severity, 5)

    def _look(self) -> _Worst:
        for alarms, overdue in ((self.colouring, False), (self.overdue, True)):
            if not alarms:
                continue
            for severity in _WORST_FIRST:
                found = alarms.get(severity)
                if found:
                    return _Worst(severity, found.first, overdue)
            # What nobody knows is named rather than passed over.
            unknown = max((s for s in alarms if alarms[s]), key=severity_rank, default=None)
            if unknown is not None:
                return _Worst(unknown, alarms[unknown].first, overdue)
        return _Worst(NO_DATA if self.silent >= self.points else NORMAL)


class RiskTree:
    """The states of all places of a site. Feed it every open alarm and every change of one."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self._tallies: dict[Node, _Tally] = {}
        """Of points only those that have had an alarm: a site has many."""
        self._standing: dict[str, Standing] = {}
        self._overdue: dict[str, tuple[str, tuple[Node, ...]]] = {}
        self._silenced: Counter[str] = Counter()
        in_unit = Counter((point.unit, point.enterprise) for point in nodes.site.points.values())
        for (unit, enterprise), points in in_unit.items():
            for node in nodes.path_of(unit, enterprise):
                self._tally(node).points += points

    def take(self, alarm: str, after: Standing | None) -> list[NodeChange]:
        """An alarm stands as `after` now (None: it is closed); returns the places that have changed colour."""
        before = self._standing.get(alarm)
        if before == after:
            return []
        subject = after or before
        assert subject is not None  # noqa: S101 - one of two that differ
        path = self.nodes.path_of(subject.subject, subject.enterprise)
        tallies = [self._tally(node) for node in path]
        was = [tally.worst for tally in tallies]
        if before is not None:
            self._count(before, tallies, -1)
            del self._standing[alarm]
        if after is not None:
            self._count(after, tallies, 1)
            self._standing[alarm] = after
        return _changes(path, was, tallies)

    def overdue(self, alarm: str, severity: str | None, subject: str = "", enterprise: str = "") -> list[NodeChange]:
        """The disposal of an alarm of that severity is overdue; None: it is no more."""
        before = self._overdue.pop(alarm, None)
        if before is None and severity is None:
            return []
        path = before[1] if before is not None else self.nodes.path_of(subject, enterprise)
        tallies = [self._tally(node) for node in path]
        was = [tally.worst for tally in tallies]
        for tally in tallies:
            if before is not None:
                tally.overdue[before[0]].drop(alarm)
            if severity is not None:
                tally.overdue.setdefault(severity, Oldest()).put(alarm, 0)
            tally.known = None
        if severity is not None:
            self._overdue[alarm] = severity, path
        return _changes(path, was, tallies)

    def state(self, node: Node) -> NodeState:
        """What is so at a place. A place that the site does not have is without data."""
        tally = self._tallies.get(node) or self._new(node)
        colour, (_, because), overdue = tally.worst
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

    def _count(self, standing: Standing, tallies: list[_Tally], by: int) -> None:
        silences = self._silences(standing, by)
        colours = standing.active and not standing.withheld and not standing.silence
        for tally in tallies:
            if silences:
                tally.silent += silences
                tally.known = None
            if standing.withheld:
                tally.withheld[standing.withheld] += by
                continue
            if not standing.acknowledged:
                tally.unacknowledged += by
            if not colours:
                continue
            if by > 0:
                tally.colouring.setdefault(standing.severity, Oldest()).put(standing.alarm, standing.raised_at)
            else:
                tally.colouring[standing.severity].drop(standing.alarm)
            if not tally.stays(standing.severity, standing.raised_at, standing.alarm):
                tally.known = None

    def _silences(self, standing: Standing, by: int) -> int:
        """By how much the number of silent points changes: two alarms of silence make one silent point.

        A silence that is suppressed (its gateway is down) or shelved is silence all the same.
        """
        if not standing.silence or standing.subject not in self.nodes.site.points:
            return 0
        before = self._silenced[standing.subject]
        self._silenced[standing.subject] = before + by
        return int(before + by > 0) - int(before > 0)

    def _tally(self, node: Node) -> _Tally:
        tally = self._tallies.get(node)
        if tally is None:
            tally = self._tallies[node] = self._new(node)
        return tally

    def _new(self, node: Node) -> _Tally:
        return _Tally(points=int(node.kind == "point" and node.id in self.nodes.site.points))


def _changes(path: tuple[Node, ...], was: list[_Worst], tallies: list[_Tally]) -> list[NodeChange]:
    changes = []
    for node, before, tally in zip(path, was, tallies, strict=True):
        now = tally.worst
        if now != before:
            changes.append(NodeChange(node, before.colour, now.colour, now.first[1], now.overdue))
    return changes
