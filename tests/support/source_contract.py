"""What the contract tests of `ingest.source.Source` share: every adapter and protocol, settings, a bounded run."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import uvloop

from ingest.source import SourceSettings
from ingest.sources import ADAPTERS, Adapter

KINDS = [(adapter, protocol) for adapter in ADAPTERS for protocol in (4, 5)]


def settings(kind: tuple[Adapter, int], port: int, **changes: Any) -> SourceSettings:
    given = {"subscribe": ("tocsin/v1/+/+/up",), "protocol": kind[1], "reconnect_min_s": 0.05, "reconnect_max_s": 0.4}
    return SourceSettings(name="test", host="127.0.0.1", port=port, **{**given, "client_id": "contract", **changes})


def run(test: Awaitable[None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await test

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(bounded())
