"""The heartbeat and its watcher: heard while the position moves on; a network that is down holds nothing up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook
from support.mosquitto import free_port
from support.proxy import Proxy
from support.waiting import eventually
from support.watcher import Watcher
from support.webhook_receiver import SECRET

from tocsin.clock import SystemClock
from tocsin.selftest.heartbeat import Beat, Heartbeat, Pulse
from tocsin.settings.selftest import HeartbeatSettings

BEAT = Beat("Site", 1_732_190_003_000, True, False, 3, {"red": 1}, "head")


def settings(url: str, **other: Any) -> HeartbeatSettings:
    return HeartbeatSettings.model_validate(
        {"url": url, "every_s": 1, "timeout_s": 0.5, "stuck_after_s": 3, "allow_private": True} | other
    )


class Decider:
    """Moves on with every look, until it is stuck."""

    def __init__(self) -> None:
        self.at = 0
        self.stuck = False

    def __call__(self) -> int:
        self.at += not self.stuck
        return self.at


@asynccontextmanager
async def beating(given: HeartbeatSettings, position: Callable[[], int] | None = None) -> AsyncIterator[Heartbeat]:
    heart = Heartbeat(given, position or Decider(), lambda: BEAT, SystemClock())
    task = asyncio.create_task(heart.keep())
    try:
        yield heart
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], bool]) -> None:
    assert await asyncio.to_thread(eventually, holds, 15.0)


def test_what_it_carries_and_its_signature(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)

    async def run() -> None:
        with Watcher(10.0) as watcher:
            given = settings(watcher.url, secret_file=tmp_path / "secret", headers={"x-key": "hush"})
            async with beating(given) as heart:
                assert await asyncio.to_thread(watcher.heard, 1)
                await until(lambda: heart.sent >= 1)
                assert heart.check().ok
            assert watcher.beats[0] == {
                "site": "Site", "at": 1_732_190_003_000, "alive": True, "ready": False, "lag": 3,
                "alarms": {"red": 1}, "audit": "head",
            }  # fmt: skip
            headers = watcher.headers[0]
            assert (headers["x-key"], headers["webhook-id"]) == ("hush", "heartbeat.1732190003000")
            signed_at = int(headers["webhook-timestamp"])
            assert signed_at == 1_732_190_003
            again = Webhook(SECRET).sign(
                headers["webhook-id"], datetime.fromtimestamp(signed_at, UTC), watcher.bodies[0].decode()
            )
            assert headers["webhook-signature"] == again

    asyncio.run(run())


def test_a_get_has_no_body() -> None:
    async def run() -> None:
        with Watcher(10.0) as watcher:
            async with beating(settings(watcher.url, method="GET")):
                assert await asyncio.to_thread(watcher.heard, 1)
            assert (watcher.methods[0], watcher.bodies[0]) == ("GET", b"")

    asyncio.run(run())


def test_a_stuck_decider_is_told_by_silence_and_by_itself_again() -> None:
    async def run() -> None:
        decider = Decider()
        with Watcher(2.5) as watcher:
            async with beating(settings(watcher.url), decider) as heart:
                assert await asyncio.to_thread(watcher.heard, 2)
                decider.stuck = True
                assert await asyncio.to_thread(watcher.alarmed.wait, 10)
                assert heart.withheld > 0
                assert heart.check().reason.startswith("withheld: nothing was decided for ")
                decider.stuck = False
                heard = len(watcher.beats)
                assert await asyncio.to_thread(watcher.heard, heard + 1)
                await until(lambda: heart.check().ok)

    asyncio.run(run())


def test_a_network_that_is_down_or_a_watcher_that_is_ill_is_counted_and_holds_nothing_up() -> None:
    async def run() -> None:
        with Watcher(2.5) as watcher, Proxy(int(watcher.url.rsplit(":", 1)[1].partition("/")[0])) as line:
            async with beating(settings(f"http://127.0.0.1:{line.port}/ping", every_s=1)) as heart:
                assert await asyncio.to_thread(watcher.heard, 1)
                line.swallow()
                assert await asyncio.to_thread(watcher.alarmed.wait, 10)
                assert heart.failed >= 1
                assert heart.check().reason == "no answer within 0.5 s"
                line.cut()
                heard = len(watcher.beats)
                assert await asyncio.to_thread(watcher.heard, heard + 1)
                watcher.status = 503
                await until(lambda: heart.check().reason == "HTTP 503")

    asyncio.run(run())


def test_nobody_listens_and_inside_addresses_are_guarded() -> None:
    async def run() -> None:
        async with beating(settings(f"http://127.0.0.1:{free_port()}/")) as heart:
            await until(lambda: heart.failed >= 1)
            assert "ConnectError" in heart.check().reason
        # A public name that leads inside: found out when it is called.
        inside = settings("http://watcher.localhost:9/", allow_private=False)
        async with beating(inside) as heart:
            await until(lambda: heart.failed >= 1)
            assert heart.sent == 0

    asyncio.run(run())


def test_a_beat_that_breaks_is_a_failure_and_no_end() -> None:
    def broken() -> Beat:
        raise OSError("the book can't be read")

    async def run() -> None:
        with Watcher(10.0) as watcher:
            heart = Heartbeat(settings(watcher.url), Decider(), broken, SystemClock())
            task = asyncio.create_task(heart.keep())
            await until(lambda: heart.failed >= 2)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert heart.check().reason == "OSError: the book can't be read"
            assert watcher.methods == []

    asyncio.run(run())


def test_the_pulse() -> None:
    pulse = Pulse(100.0)
    pulse.note(7, 101.0)
    pulse.note(7, 104.0)
    assert pulse.still_s(105.0) == 4.0
    pulse.note(8, 106.0)
    assert pulse.still_s(106.5) == 0.5
