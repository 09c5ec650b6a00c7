"""The codec of Sparkplug B 3.0: births, data and deaths of edge nodes and their devices."""

from typing import Any, Final

from ingest.codecs.port import Parsed, PayloadError
from ingest.codecs.sparkplug.metric import BD_SEQ, BOOLEAN, LONGEST_NAME, QUALITY, is_reading, known, name_of
from ingest.codecs.sparkplug.nodes import Births, Node, NodeId, Nodes, Requests
from ingest.codecs.sparkplug.reading import read_metrics
from ingest.codecs.sparkplug.schema import DecodeError, Payload
from ingest.reason import Reason
from plant.quality import Quality

NAMESPACE: Final = "spBv1.0"
REBIRTH: Final = b"Node Control/Rebirth"

_OF_NODES: Final = frozenset({"NBIRTH", "NDATA", "NDEATH"})
_OF_DEVICES: Final = frozenset({"DBIRTH", "DDATA", "DDEATH"})
_NOT_OURS: Final = frozenset({"NCMD", "DCMD"})
"""Commands, our own among them, come back where the subscription is wide; they hold no readings."""


class SparkplugCodec:
    """Devices are `<group>/<node>` and `<group>/<node>/<device>`; a key is the metric's name."""

    name = "sparkplug"
    has_sessions = True

    def __init__(self, rebirth_every_s: float = 30.0, max_metrics: int = 500_000) -> None:
        """A node is asked for a rebirth at most once in `rebirth_every_s`. `max_metrics` bounds what is remembered
        of births, aliases and names counted each.
        """
        self.nodes = Nodes(max_metrics)
        self._requests = Requests(round(rebirth_every_s * 1000))

    def parse(self, topic: str, payload: bytes, received_at_ms: int) -> Parsed:
        """See `Codec`."""
        parsed = Parsed()
        kind, name, device = _read_topic(topic)
        if not kind:
            return parsed
        try:
            message = Payload.FromString(payload)
        except DecodeError:
            raise PayloadError(Reason.MALFORMED, "is no protobuf message") from None
        if kind == "NDEATH":
            self._node_death(name, message, parsed)
            return parsed
        node = self._node_birth(name, message) if kind == "NBIRTH" else self.nodes.get(name)
        in_order = self._in_order(node, message)
        if kind in ("NBIRTH", "DBIRTH"):
            node = node or Node()
            whole = self._birth(node, name, device, message, payload, parsed)
        elif kind == "DDEATH":
            whole = True
            parsed.down.append(_device_name(name, device))
            if node is not None:
                node.devices.pop(device, None)
                self.nodes.put(name, node)
        else:
            whole = self._data(node, name, device, message, payload, parsed)
        if not (message.metrics or parsed.down):
            parsed.faults.append((Reason.NO_SAMPLE, "has no metric"))
        if node is None or not (in_order and whole and node.sure):
            self._ask_for_rebirth(name, received_at_ms, parsed)
        return parsed

    def _node_death(self, name: NodeId, message: Any, parsed: Parsed) -> None:
        """A death of an earlier session may come after the new birth: it names another bdSeq."""
        node = self.nodes.get(name)
        bd_seq = _bd_seq(message)
        if node is not None and None not in (node.bd_seq, bd_seq) and node.bd_seq != bd_seq:
            return
        self.nodes.drop(name)
        devices = {"", *(node.devices if node is not None else ())}
        parsed.down += [_device_name(name, device) for device in sorted(devices)]

    def _node_birth(self, name: NodeId, message: Any) -> Node:
        """All that was known of the node and its devices is over; their own births follow."""
        node = Node()
        node.sure = True
        node.bd_seq = _bd_seq(message)
        return node

    def _in_order(self, node: Node | None, message: Any) -> bool:
        if node is None:
            return False
        # A sender that gives no numbers can't be checked, and asking it again would change nothing.
        if message.HasField("seq") and not node.follows(message.seq, message.timestamp):
            node.sure = False
        return node.sure

    def _birth(self, node: Node, name: NodeId, device: str, message: Any, payload: bytes, parsed: Parsed) -> bool:
        births = node.devices[device] = Births()
        twice: set[int] = set()
        for metric in message.metrics:
            key = name_of(metric)
            if key is None:
                continue  # told when the metrics are read
            how = known(key, metric.datatype) if is_reading(key) else None
            births.by_name[key] = how
            if metric.HasField("alias"):
                if metric.alias in births.by_alias:
                    twice.add(metric.alias)
                births.by_alias[metric.alias] = how
        for alias in twice:  # nobody can tell which metric is meant; some senders give all of them alias 0, and names
            del births.by_alias[alias]
            if alias:
                parsed.faults.append((Reason.DUPLICATE_KEY, f"alias {alias}"))
        self.nodes.put(name, node)
        return self._data(node, name, device, message, payload, parsed)

    def _data(self, node: Node | None, name: NodeId, device: str, message: Any, payload: bytes, parsed: Parsed) -> bool:
        """Read the metrics; False if one of them can only be read after a birth."""
        births = node.devices.get(device) if node is not None else None
        sure = node is not None and node.sure
        samples, strange = read_metrics(message, births or Births(), QUALITY in payload, parsed.faults)
        if samples.keys:
            samples.device = _device_name(name, device)
            if not sure:
                grades = samples.qualities or bytes(len(samples.keys))
                samples.qualities = bytes(max(grade, Quality.UNCERTAIN) for grade in grades)
            parsed.samples.append(samples)
        return births is not None and not strange

    def _ask_for_rebirth(self, name: NodeId, now_ms: int, parsed: Parsed) -> None:
        if self._requests.may_ask(name, now_ms):
            group, node = name
            parsed.answers.append((f"{NAMESPACE}/{group}/NCMD/{node}", rebirth_request(now_ms)))


def rebirth_request(now_ms: int) -> bytes:
    """The command that makes an edge node send its births again."""
    request = Payload(timestamp=now_ms)
    request.metrics.add(name=REBIRTH, timestamp=now_ms, datatype=BOOLEAN, boolean_value=True)
    content: bytes = request.SerializeToString()
    return content


def _read_topic(topic: str) -> tuple[str, NodeId, str]:
    """(kind, node, device or ""); kind "" for messages that are not for us. PayloadError for other topics."""
    levels = topic.split("/")
    if len(levels) == 3 and levels[:2] == [NAMESPACE, "STATE"]:
        return "", ("", ""), ""
    if len(levels) not in (4, 5) or levels[0] != NAMESPACE or max(map(len, levels)) > LONGEST_NAME or "" in levels:
        raise PayloadError(Reason.UNKNOWN_TOPIC, "is none of Sparkplug B")
    group, kind, node = levels[1:4]
    if kind in _NOT_OURS:
        return "", ("", ""), ""
    if kind not in (_OF_NODES if len(levels) == 4 else _OF_DEVICES):
        raise PayloadError(Reason.UNKNOWN_TOPIC, f"has no message {kind}")
    return kind, (group, node), levels[4] if len(levels) == 5 else ""


def _device_name(name: NodeId, device: str) -> str:
    return f"{name[0]}/{name[1]}/{device}" if device else f"{name[0]}/{name[1]}"


def _bd_seq(message: Any) -> int | None:
    for metric in message.metrics:
        if metric.name == BD_SEQ.encode():
            return int(metric.long_value or metric.int_value)
    return None
