"""A TCP source under test that keeps what it was given, and devices that dial in to it."""

import asyncio
from collections.abc import Callable
from typing import Any

from ingest.sources.tcp_source import TcpSource, TcpSourceSettings


class TcpListener:
    """One source on a free port of 127.0.0.1; `payloads`, `topics`, `receipts` and `states` are what came, in order."""

    def __init__(self, form: Any = "hj212", *, port: int = 0, **settings: Any) -> None:
        self.payloads: list[bytes] = []
        self.topics: list[str] = []
        self.receipts: list[Any] = []
        self.states: list[tuple[bool, str]] = []
        self._news = asyncio.Event()
        self.source = TcpSource(
            TcpSourceSettings("test", "127.0.0.1", port, form, **settings), self._on_message, self._on_state
        )

    async def __aenter__(self) -> "TcpListener":
        await self.source.start()
        await self.until(lambda: bool(self.states))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.source.stop()

    async def until(self, holds: Callable[[], bool], within_s: float = 20.0) -> None:
        """Wait until the condition holds; looked at with each message, and now and then."""
        async with asyncio.timeout(within_s):
            while not holds():
                self._news.clear()
                try:
                    async with asyncio.timeout(0.02):
                        await self._news.wait()
                except TimeoutError:
                    continue

    async def dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.source.port)

    def _on_message(self, topic: str, payload: bytes, retained: bool, dup: bool, mid: int, receipt: Any) -> None:
        self.topics.append(topic)
        self.payloads.append(payload)
        self.receipts.append(receipt)
        self._news.set()

    def _on_state(self, connected: bool, reason: str) -> None:
        self.states.append((connected, reason))
        self._news.set()
