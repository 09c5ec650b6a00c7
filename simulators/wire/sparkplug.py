"""An edge node of Sparkplug B 3.0: births, data and deaths with their numbers."""

from collections.abc import Mapping

from ingest.codecs.sparkplug.metric import BD_SEQ, BOOLEAN, UNSIGNED_LONG
from ingest.codecs.sparkplug.schema import Payload

DOUBLE = 10


class EdgeNode:
    """One node and its devices. Every method returns a message, (topic, payload); values are by metric name.

    Values go out as doubles under the aliases that the births gave; None goes out as null.
    """

    def __init__(self, group: str, node: str, bd_seq: int = 0) -> None:
        self._group = group
        self._node = node
        self._bd_seq = bd_seq
        self._seq = 0
        self._aliases: dict[tuple[str, str], int] = {}

    def birth(
        self,
        values: Mapping[str, float | None],
        at_ms: int,
        device: str = "",
        measured_at_ms: Mapping[str, int] | None = None,
    ) -> tuple[str, bytes]:
        """NBIRTH (begins the session's numbers anew, devices must be born again) or DBIRTH.

        `measured_at_ms`: of values that were measured earlier than now.
        """
        if not device:
            self._seq = 0
            self._aliases.clear()
        payload = self._payload(at_ms)
        if not device:
            payload.metrics.add(name=BD_SEQ.encode(), datatype=UNSIGNED_LONG, long_value=self._bd_seq, timestamp=at_ms)
            payload.metrics.add(name=b"Node Control/Rebirth", datatype=BOOLEAN, boolean_value=False, timestamp=at_ms)
        for name, value in values.items():
            alias = self._aliases.setdefault((device, name), len(self._aliases) + 1)
            time_ms = at_ms if measured_at_ms is None else measured_at_ms.get(name, at_ms)
            metric = payload.metrics.add(name=name.encode(), alias=alias, timestamp=time_ms, datatype=DOUBLE)
            _set(metric, value)
        return self._message("DBIRTH" if device else "NBIRTH", device, payload)

    def data(self, values: Mapping[str, float | None], at_ms: int, device: str = "") -> tuple[str, bytes]:
        """NDATA or DDATA. KeyError for a metric that was not in the birth."""
        payload = self._payload(at_ms)
        for name, value in values.items():
            _set(payload.metrics.add(alias=self._aliases[device, name], timestamp=at_ms), value)
        return self._message("DDATA" if device else "NDATA", device, payload)

    def device_death(self, device: str, at_ms: int) -> tuple[str, bytes]:
        """DDEATH."""
        return self._message("DDEATH", device, self._payload(at_ms))

    def will(self) -> tuple[str, bytes]:
        """The NDEATH of this session, to be left with the broker."""
        payload = Payload()
        payload.metrics.add(name=BD_SEQ.encode(), datatype=UNSIGNED_LONG, long_value=self._bd_seq)
        return self._message("NDEATH", "", payload)

    def death(self) -> tuple[str, bytes]:
        """NDEATH, as the broker sends it: the will that the node left. The next session has the next bdSeq."""
        will = self.will()
        self._bd_seq = (self._bd_seq + 1) % 256
        return will

    def _payload(self, at_ms: int) -> Payload:
        payload = Payload(timestamp=at_ms, seq=self._seq)
        self._seq = (self._seq + 1) % 256
        return payload

    def _message(self, kind: str, device: str, payload: Payload) -> tuple[str, bytes]:
        levels = ["spBv1.0", self._group, kind, self._node, *([device] if device else [])]
        return "/".join(levels), payload.SerializeToString()


def encode(group: str, node: str, values: Mapping[str, float | None], measured_at_ms: int) -> tuple[str, bytes]:
    """One birth that says everything: for senders that keep no session."""
    return EdgeNode(group, node).birth(values, measured_at_ms)


def _set(metric: "Payload", value: float | None) -> None:
    if value is None:
        metric.is_null = True
    else:
        metric.double_value = value
