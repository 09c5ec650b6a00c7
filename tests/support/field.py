"""Devices in the field for live tests: a publisher that numbers its readings and knows which the broker has taken."""

import json
import threading
from collections import Counter
from random import Random
from typing import NamedTuple, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tocsin.clock import SystemClock

_UNCONFIRMED_AT_MOST = 2_000


class Sent(NamedTuple):
    """One reading; the value is its identity. `measured_at_ms` is None where the message carried no time."""

    point: str
    measured_at_ms: int | None
    value: float


class Field:
    """A QoS 1 publisher. Every value it ever sends is another, so that a reading can be found again."""

    def __init__(self, port: int, points: tuple[str, ...], seed: int = 0, without_time: float = 0.2) -> None:
        """`without_time` is the share of messages that carry no timestamp; fields of other seeds send other values."""
        self.confirmed: list[Sent] = []
        """What the broker has acknowledged."""
        self._points = points
        self._rng = Random(seed)
        self._without_time = without_time
        self._clock = SystemClock()
        self._number = seed * 100_000
        self._changed = threading.Condition()
        self._waiting: dict[int, Sent] = {}
        self._early: set[int] = set()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._last_ms: Counter[str] = Counter()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.max_inflight_messages_set(1000)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_publish = self._published
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, point: str, level: float, *, with_time: bool = True) -> Sent:
        """Publish one reading at `level` and a little above it: so much that no other is like it."""
        self._number += 1
        value = level + self._number * 1e-6
        measured_at_ms = None
        if with_time:
            measured_at_ms = self._last_ms[point] = max(self._clock.now_ms(), self._last_ms[point] + 1)
        message = {"values": {point: value}} | ({"ts": measured_at_ms} if measured_at_ms is not None else {})
        sent = Sent(point, measured_at_ms, value)
        self.publish(f"tocsin/v1/{point[:2]}/D{point[-1]}/up", json.dumps(message).encode(), sent)
        return sent

    def publish(self, topic: str, payload: bytes, sent: Sent | None = None) -> None:
        """Publish anything at QoS 1; `sent` is put among the confirmed ones when the broker has taken it."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < _UNCONFIRMED_AT_MOST or self._stop.is_set())
        mid = self._client.publish(topic, payload, qos=1).mid
        with self._changed:
            if mid in self._early:
                self._early.discard(mid)
                if sent is not None:
                    self.confirmed.append(sent)
            else:
                self._waiting[mid] = sent or Sent("", None, 0.0)

    def last_of_all(self) -> Sent:
        """A reading that raises an alarm on a point which has none: once that is booked, so is all before it."""
        return self.send("E2-P1", 60.0)

    def flow(self, every_s: float, levels: tuple[float, ...] = (5.0,) * 10 + (30.0, 60.0)) -> None:
        """Go on publishing random readings from a thread, one each `every_s`, until `stop`."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._flow, args=(every_s, levels), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the flow."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(20)
            self._thread = None

    def settle(self, within_s: float = 20.0) -> list[Sent]:
        """Wait until the broker has acknowledged everything; returns all that it has."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._waiting, within_s), f"{len(self._waiting)} not taken"
            return list(self.confirmed)

    def _flow(self, every_s: float, levels: tuple[float, ...]) -> None:
        while not self._stop.wait(every_s):
            with_time = self._rng.random() >= self._without_time
            self.send(self._rng.choice(self._points), self._rng.choice(levels), with_time=with_time)

    def _published(self, _client: object, _data: object, mid: int, *_: object) -> None:
        with self._changed:
            sent = self._waiting.pop(mid, None)
            if sent is None:
                self._early.add(mid)
            elif sent.point:
                self.confirmed.append(sent)
            self._changed.notify_all()


def left_at_broker(port: int, client_id: str = "tocsin") -> list[tuple[str, bytes]]:
    """(topic, payload) of what the broker still has for a persistent session. Ends the session."""
    left: list[tuple[str, bytes]] = []
    done, connected = threading.Event(), threading.Event()
    marker = f"left/{client_id}"
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5)

    def on_connect(*_: object) -> None:
        client.subscribe(marker, qos=1)

    def on_message(_client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.topic == marker:
            done.set()
        else:
            left.append((message.topic, message.payload))

    client.on_connect = on_connect
    client.on_subscribe = lambda *_: connected.set()
    client.on_message = on_message
    client.connect("127.0.0.1", port, clean_start=False)
    client.loop_start()
    try:
        assert connected.wait(20)
        client.publish(marker, b"", qos=1)
        assert done.wait(20)
    finally:
        client.disconnect()
        client.loop_stop()
    return left
