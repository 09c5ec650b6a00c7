"""One MQTT connection that publishes at QoS 1 with a bounded number of messages in flight."""

import math
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

_LOOK_S = 0.1
"""How often a wait for the broker looks at `stop`, which is an event of its own."""


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Where to publish. `window` is the most messages that wait for their acknowledgement."""

    host: str
    port: int
    tls: bool = False
    username: str | None = None
    password: str | None = None
    ca_file: str | None = None
    client_id: str = ""
    window: int = 1000
    keepalive_s: int = 30

    @classmethod
    def from_url(cls, url: str, **others: Any) -> Self:
        """Settings from mqtt://[user:password@]host[:port] or mqtts://...; ValueError says what is wrong."""
        parts = urlsplit(url)
        if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
            raise ValueError("a broker's address is mqtt://host:port, or mqtts:// for TLS")
        tls = parts.scheme == "mqtts"
        found = cls(
            host=parts.hostname,
            port=parts.port or (8883 if tls else 1883),
            tls=tls,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )
        return replace(found, **others)


class BrokerConnection:
    """Publishes from one thread; connects again by itself and repeats what was not acknowledged.

    `on_state(connected, reason)` is called from the network thread.
    """

    def __init__(self, settings: BrokerSettings, on_state: Callable[[bool, str], None] | None = None) -> None:
        self._settings = settings
        self._on_state = on_state
        self._changed = threading.Condition()
        self._in_flight = 0
        self._acknowledged = 0
        self._connected = False
        self._reason = "not connected yet"
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=settings.client_id, protocol=mqtt.MQTTv311)
        self._client.reconnect_delay_set(min_delay=1, max_delay=10)
        self._client.max_inflight_messages_set(settings.window)
        if settings.username is not None:
            self._client.username_pw_set(settings.username, settings.password)
        if settings.tls:
            self._client.tls_set_context(ssl.create_default_context(cafile=settings.ca_file))
        self._client.on_connect = self._connect_answered
        self._client.on_connect_fail = self._connect_failed
        self._client.on_disconnect = self._disconnected
        self._client.on_publish = self._published

    @property
    def connected(self) -> bool:
        """Whether the connection is up."""
        return self._connected

    @property
    def reason(self) -> str:
        """Why the connection is as it is."""
        return self._reason

    @property
    def acknowledged(self) -> int:
        """Messages that the broker has taken over."""
        return self._acknowledged

    @property
    def in_flight(self) -> int:
        """Messages that it hasn't yet."""
        return self._in_flight

    def open(self, within_s: float, stop: threading.Event) -> bool:
        """Begin to connect and wait for the connection; False when it isn't up in time or `stop` is set before."""
        self._client.connect_async(self._settings.host, self._settings.port, self._settings.keepalive_s)
        self._client.loop_start()
        with self._changed:
            for _ in range(math.ceil(within_s / _LOOK_S)):
                if self._connected or stop.is_set():
                    break
                self._changed.wait(_LOOK_S)
            return self._connected

    def publish(self, topic: str, payload: bytes, stop: threading.Event) -> bool:
        """Hand over one message as soon as the window has room; False when `stop` was set before that."""
        with self._changed:
            while self._in_flight >= self._settings.window:
                if stop.is_set():
                    return False
                self._changed.wait(_LOOK_S)
            self._in_flight += 1
        self._client.publish(topic, payload, qos=1)
        return True

    def drain(self, within_s: float) -> bool:
        """Wait until everything is acknowledged; False when it isn't in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._in_flight == 0, within_s)

    def close(self) -> None:
        """Disconnect and end the network thread."""
        self._client.disconnect()
        self._client.loop_stop()

    def _connect_answered(self, _client: Any, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self._state(not code.is_failure, f"refused: {code}" if code.is_failure else "connected")

    def _connect_failed(self, _client: Any, _data: Any) -> None:
        self._state(False, f"no broker answers at {self._settings.host}:{self._settings.port}")

    def _disconnected(self, _client: Any, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if self._connected:
            self._state(False, f"connection lost: {code}")

    def _published(self, _client: Any, _data: Any, _message: int, _code: Any, _properties: Any) -> None:
        with self._changed:
            self._in_flight -= 1
            self._acknowledged += 1
            self._changed.notify_all()

    def _state(self, connected: bool, reason: str) -> None:
        with self._changed:
            self._connected, self._reason = connected, reason
            self._changed.notify_all()
        if self._on_state is not None:
            self._on_state(connected, reason)
