"""The port through which messages come in: a broker connection that acknowledges only when told to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Receipt = Any
"""What an adapter needs to acknowledge one message; opaque to everybody else, None where there is nothing to do."""

OnMessage = Callable[[str, bytes, bool, bool, int, Receipt], None]
"""(topic, payload, retained, redelivered (DUP), packet id, receipt). In the event loop; must not block or raise."""

OnState = Callable[[bool, str], None]
"""(connected, reason). Called in the event loop when the connection is up and subscribed, and when it goes down or
could not be made; the same news is told once. (True, reason) names subscriptions that the broker
refuses; they are tried again. Messages that a persistent session kept may come a moment before (True, "")."""


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """One broker. `subscribe` are topic filters, `$share/group/filter` included; QoS is 1 unless said otherwise."""

    name: str
    host: str
    port: int
    subscribe: tuple[str, ...]
    client_id: str = "tocsin"
    protocol: int = 5  # 4 is MQTT 3.1.1, 5 is MQTT 5
    tls: bool = False
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    username: str | None = None
    password: str | None = None
    keepalive_s: int = 30
    session_expiry_s: int = 7 * 86_400
    receive_maximum: int = 20_000
    reconnect_min_s: float = 0.5
    reconnect_max_s: float = 30.0
    qos: int = 1


class Source(Protocol):
    """A broker connection. Reconnects by itself with jittered backoff; keeps a persistent session."""

    def __init__(self, settings: SourceSettings, on_message: OnMessage, on_state: OnState) -> None: ...

    async def start(self) -> None:
        """Begin to connect; returns at once, also while the broker is away."""

    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        """Acknowledge messages, in the order given. Receipts of an earlier connection are ignored. Loop thread only."""

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Send a message at QoS 0, such as an answer that a device waits for. Loop thread only.

        False where there is no connection to send it by, or the topic is none: it is gone then, as any answer may be.
        """

    def subscribe(self, filters: Sequence[str]) -> None:
        """Want these topic filters instead, from now on and after each reconnect; the connection stays. At least one.

        Loop thread only. A listener, which has no filters, ignores it.
        """

    def pause(self) -> None:
        """Stop reading from the socket (back-pressure)."""

    def resume(self) -> None:
        """Read again."""

    async def stop(self) -> None:
        """Send what was acknowledged, disconnect cleanly (the session stays at the broker), free everything."""
