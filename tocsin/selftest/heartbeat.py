"""A heartbeat for a watcher outside, sent only while alarms are decided: one from a dead pipeline would be a lie."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import msgspec
import structlog
from standardwebhooks import Webhook

from alerts.channels.http import CallError, GuardedClient
from alerts.channels.webhook import read_secret
from tocsin.clock import Clock
from tocsin.observe.health import Check, Matters
from tocsin.observe.metrics import Metrics
from tocsin.settings.selftest import HeartbeatSettings

_ROUND_S: Final = 0.5

_log = structlog.get_logger(__name__)


class Beat(msgspec.Struct, frozen=True):
    """What a POST carries. `lag` is in entries of the log, `audit` the head of the audit trail where there is one."""

    site: str
    at: int
    alive: bool
    ready: bool
    lag: int
    alarms: dict[str, int]
    """Open alarms by severity."""
    audit: str = ""


class Pulse:
    """Whether the position that was decided last moves on. Ticks move it each second."""

    def __init__(self, now_s: float) -> None:
        self._position = -1
        self._moved_s = now_s

    def note(self, position: int, now_s: float) -> None:
        if position != self._position:
            self._position, self._moved_s = position, now_s

    def still_s(self, now_s: float) -> float:
        """For how long it has stood still."""
        return now_s - self._moved_s


class Heartbeat:
    """One task in the event loop. Nothing waits for it."""

    def __init__(
        self, settings: HeartbeatSettings, position: Callable[[], int], beat: Callable[[], Beat], clock: Clock
    ) -> None:
        """`position` is what was decided last; `beat` may read the disk and is asked in another thread.

        ValueError if the secret or the authority can't be read.
        """
        self._settings = settings
        self._position = position
        self._beat = beat
        self._clock = clock
        self._signer = Webhook(read_secret(settings.secret_file)) if settings.secret_file is not None else None
        self._client = GuardedClient(
            allow_private=settings.allow_private,
            timeout_s=settings.timeout_s,
            ca_file=settings.ca_file,
            secrets=settings.headers.values(),
        )
        self._pulse = Pulse(clock.monotonic_s())
        self.sent = self.failed = self.withheld = 0
        self.trouble = ""
        """Why the last one did not get out; empty when it did."""

    async def keep(self) -> None:
        """Beat until cancelled."""
        due_s = self._clock.monotonic_s()
        try:
            while True:
                now_s = self._clock.monotonic_s()
                self._pulse.note(self._position(), now_s)
                if now_s >= due_s:
                    due_s = max(due_s + self._settings.every_s, now_s)
                    await self._beat_once(now_s)
                await asyncio.sleep(min(_ROUND_S, max(0.0, due_s - now_s)))
        finally:
            await self._client.close()

    def check(self) -> Check:
        return Check("heartbeat", not self.trouble, self.trouble, Matters.NOTED)

    def watch(self, metrics: Metrics) -> None:
        """Show it: `tocsin_heartbeats_total`."""
        metrics.watch(
            "tocsin_heartbeats_total",
            lambda: {"sent": self.sent, "failed": self.failed, "withheld": self.withheld},
        )

    async def _beat_once(self, now_s: float) -> None:
        still_s = self._pulse.still_s(now_s)
        if still_s > self._settings.stuck_after_s:
            self.withheld += 1
            return self._say(f"withheld: nothing was decided for {still_s:.0f} s")
        try:
            await self._send()
        except CallError as error:
            self.failed += 1
            return self._say(str(error))
        except Exception as error:  # whatever it was, the next one may go out
            self.failed += 1
            return self._say(f"{type(error).__name__}: {error}")
        self.sent += 1
        return self._say("")

    async def _send(self) -> None:
        settings = self._settings
        content = b""
        headers = {**settings.headers, "user-agent": "tocsin"}
        if settings.method == "POST":
            beat = await asyncio.to_thread(self._beat)
            content = msgspec.json.encode(beat)
            headers |= {"content-type": "application/json", **self._signature(beat.at, content)}
        answer = await self._client.call(settings.method, settings.url, content, headers)
        if not answer.ok:
            raise CallError(f"HTTP {answer.status} {answer.shown}".strip())

    def _signature(self, at_ms: int, content: bytes) -> dict[str, str]:
        if self._signer is None:
            return {}
        name = f"heartbeat.{at_ms}"
        signed = self._signer.sign(name, datetime.fromtimestamp(at_ms // 1000, UTC), content.decode())
        return {"webhook-id": name, "webhook-timestamp": str(at_ms // 1000), "webhook-signature": signed}

    def _say(self, trouble: str) -> None:
        if bool(trouble) != bool(self.trouble):
            if trouble:
                _log.warning("heartbeat_missed", error=trouble)
            else:
                _log.info("heartbeat_again")
        self.trouble = trouble
