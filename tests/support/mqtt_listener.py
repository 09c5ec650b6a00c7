"""A source under test that keeps what it was given, and a publisher that knows what the broker took."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from ingest.source import Source, SourceSettings
from ingest.sources import Adapter, make_source


class Listener:
    """One source; `payloads`, `duplicates`, `receipts` and `states` are what came, in order."""

    def __init__(
        self,
        adapter: Adapter,
        settings: SourceSettings,
        *,
        acknowledge: bool = False,
        news: asyncio.Event | None = None,
    ) -> None:
        """`news` lets several listeners wake one waiter."""
        self.payloads: list[bytes] = []
        self.topics: list[str] = []
        self.retained: list[bool] = []
        self.duplicates: list[bool] = []
        self.receipts: list[Any] = []
        self.states: list[tuple[bool, str]] = []
        self._news = news or asyncio.Event()
        self._acknowledge = acknowledge
        self.source: Source = make_source(adapter, settings, self._on_message, self._on_state)

    async def __aenter__(self) -> "Listener":
        await self.source.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.source.stop()

    async def until(self, holds: Callable[[], bool], within_s: float = 20.0) -> None:
        """Wait for messages or states until the condition holds."""
        async with asyncio.timeout(within_s):
            while not holds():
                self._news.clear()
                await self._news.wait()

    async def until_up(self, within_s: float = 20.0) -> None:
        await self.until(lambda: bool(self.states) and self.states[-1] == (True, ""), within_s)

    async def until_payloads(self, count: int, within_s: float = 20.0) -> None:
        await self.until(lambda: len(self.payloads) >= count, within_s)

    def _on_message(self, topic: str, payload: bytes, retained: bool, dup: bool, mid: int, receipt: Any) -> None:
        self.topics.append(topic)
        self.payloads.append(payload)
        self.retained.append(retained)
        self.duplicates.append(dup)
        self.receipts.append(receipt)
        if self._acknowledge:
            self.source.acknowledge([receipt])
        self._news.set()

    def _on_state(self, connected: bool, reason: str) -> None:
        self.states.append((connected, reason))
        self._news.set()


def publish(
    port: int,
    messages: list[tuple[str, bytes]],
    *,
    qos: int = 1,
    retain: bool = False,
    username: str | None = None,
    password: str | None = None,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Publish and wait until the broker has taken every message. Blocking: call it in a thread."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(1000)
    if username is not None:
        client.username_pw_set(username, password)
    if tls is not None:
        client.tls_set_context(tls)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        infos = [client.publish(topic, payload, qos=qos, retain=retain) for topic, payload in messages]
        for info in infos:
            info.wait_for_publish(30)
    finally:
        client.disconnect()
        client.loop_stop()
