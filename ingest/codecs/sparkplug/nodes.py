"""What the births of edge nodes told, kept within a bound: aliases, types, sequence numbers."""

from collections import OrderedDict
from typing import Final

from ingest.codecs.sparkplug.metric import Known

NodeId = tuple[str, str]
"""(group, edge node)."""


class Births:
    """The metrics that one birth announced: of a device, or ("") of the node itself."""

    __slots__ = ("by_alias", "by_name")

    def __init__(self) -> None:
        self.by_alias: dict[int, Known | None] = {}
        """None for a metric that is no reading but part of the session."""
        self.by_name: dict[str, Known | None] = {}

    def __len__(self) -> int:
        return len(self.by_alias) + len(self.by_name)


class Node:
    """An edge node of which a birth is known."""

    __slots__ = ("bd_seq", "devices", "latest", "sure")

    def __init__(self) -> None:
        self.devices: dict[str, Births] = {}
        """By device; "" is the node."""
        self.bd_seq: int | None = None
        """Of the birth; the death that belongs to it carries the same."""
        self.latest: tuple[int, int] | None = None
        """seq and timestamp of the latest message; None when not known."""
        self.sure = False
        """Whether every message since the node's birth came: otherwise an alias may have a new meaning."""

    def __len__(self) -> int:
        return 1 + sum(1 + len(births) for births in self.devices.values())

    def follows(self, seq: int, timestamp: int) -> bool:
        """Take the next message's number; False where others must be missing between. The same message again is none
        the worse: the broker repeats what was not acknowledged.
        """
        earlier, self.latest = self.latest, (seq, timestamp)
        return earlier is None or earlier == self.latest or seq == (earlier[0] + 1) % 256


class Nodes:
    """All nodes of one route. The one that was silent longest makes room; its next message asks for a rebirth."""

    def __init__(self, max_metrics: int) -> None:
        self._nodes: OrderedDict[NodeId, Node] = OrderedDict()
        self._max_metrics = max_metrics
        self._sizes: dict[NodeId, int] = {}
        self.metrics = 0
        """Kept now, with a little for each node and device."""

    def __len__(self) -> int:
        return len(self._nodes)

    def get(self, name: NodeId) -> Node | None:
        """The node, which was heard of just now."""
        node = self._nodes.get(name)
        if node is not None:
            self._nodes.move_to_end(name)
        return node

    def put(self, name: NodeId, node: Node) -> None:
        """Keep the node as it is now; call it again when births were added."""
        self.drop(name)
        self._nodes[name] = node
        self._sizes[name] = len(node)
        self.metrics += len(node)
        while self.metrics > self._max_metrics:
            self.drop(next(iter(self._nodes)))

    def drop(self, name: NodeId) -> Node | None:
        """Forget the node."""
        self.metrics -= self._sizes.pop(name, 0)
        return self._nodes.pop(name, None)


class Requests:
    """When each node was asked for a rebirth, so that it is not asked with each of its messages."""

    MAX_NODES: Final = 10_000

    def __init__(self, every_ms: int) -> None:
        self._every_ms = every_ms
        self._asked_at_ms: OrderedDict[NodeId, int] = OrderedDict()

    def may_ask(self, name: NodeId, now_ms: int) -> bool:
        """Whether it is time to ask (again); if so, it counts as asked."""
        asked_at_ms = self._asked_at_ms.get(name)
        if asked_at_ms is not None and 0 <= now_ms - asked_at_ms < self._every_ms:
            return False
        self._asked_at_ms[name] = now_ms
        self._asked_at_ms.move_to_end(name)
        if len(self._asked_at_ms) > self.MAX_NODES:
            self._asked_at_ms.popitem(last=False)
        return True
