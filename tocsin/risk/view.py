"""The risk of places, looked at: one, or one with all that lies in it."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from alerts.record import AlarmRecord
from alerts.risk import SITE, Inherent, Node, Nodes, NodeState, RiskTree


class Risk(NamedTuple):
    """One place. `inherent` is None at points, which have no grade; `cause` is the alarm that gave the colour."""

    node: Node
    name: str
    inherent: Inherent | None
    state: NodeState
    cause: AlarmRecord | None


class RiskView:
    """What a tree of alarms and the inherent grades say of every place of a site."""

    def __init__(
        self,
        nodes: Nodes,
        tree: RiskTree,
        inherent: Mapping[Node, Inherent],
        alarm_of: Callable[[str], AlarmRecord | None],
    ) -> None:
        self.nodes = nodes
        self._tree = tree
        self._inherent = inherent
        self._alarm_of = alarm_of

    def find(self, place: str | None) -> Node:
        """The place of an id, or `kind:id` where several have it. LookupError if there is none or more than one."""
        if place is None:
            return SITE
        kind, colon, name = place.partition(":")
        found = [n for n in self.nodes.of_id(name if colon else place) if not colon or n.kind == kind]
        if len(found) == 1:
            return found[0]
        if not found:
            raise LookupError(f"{place} is no region, park, enterprise, unit or point of the site")
        raise LookupError(f"{place} is {' and '.join(map(str, found))}: name the one that is meant")

    def at(self, node: Node) -> Risk:
        """The risk of one place."""
        state = self._tree.state(node)
        return Risk(
            node, self.nodes.name_of(node), self._inherent.get(node), state, self._alarm_of(state.because or "")
        )

    def below(self, node: Node, *, every: bool = False) -> Iterator[tuple[int, Risk]]:
        """(depth, risk) of a place and what lies in it, from above. Down to enterprises; of an enterprise or unit, down
        to its points; with `every` always down to points. Of the site the parks come last.
        """
        yield from self._walk(node, 0, deep=every or node.kind in ("enterprise", "unit", "point"))
        for park in self.nodes.parks if node == SITE else ():
            yield 1, self.at(park)

    def _walk(self, node: Node, depth: int, *, deep: bool) -> Iterator[tuple[int, Risk]]:
        yield depth, self.at(node)
        if deep or node.kind != "enterprise":
            for child in self.nodes.children(node):
                yield from self._walk(child, depth + 1, deep=deep)
