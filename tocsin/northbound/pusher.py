"""Pushes readings and alarms to one receiver by signed webhook: in order, at least once, under stable ids."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import structlog
from standardwebhooks import Webhook

from alerts.channels.http import CallError, GuardedClient
from alerts.channels.webhook import read_secret
from plant.site import Site
from tocsin.book import BookError
from tocsin.clock import Clock
from tocsin.database import DATABASE_ERRORS
from tocsin.followers.backoff import Backoff
from tocsin.northbound.cursor import Cursor, CursorFile
from tocsin.northbound.feed import GoneError, Item
from tocsin.northbound.feeds import Feeds, FolderFeeds, OneFeed
from tocsin.records import UNREADABLE
from tocsin.settings.northbound import NorthboundSettings

FOLDER: Final = "northbound"
_LOOK_S: Final = 0.5
_LOWEST_S: Final = 1.0
_HIGHEST_S: Final = 300.0
_MOST_ENTRIES: Final = 20_000
_PASSED_OVER: Final = 1000

_log = structlog.get_logger(__name__)


class Pusher:
    """Runs until it is cancelled. ValueError if the secret can't be read, or the cursor is none."""

    def __init__(
        self,
        settings: NorthboundSettings,
        data: Path,
        site_of: Callable[[], Site],
        clock: Clock,
        *,
        feeds: Feeds | None = None,
        rng: random.Random | None = None,
        lowest_s: float = _LOWEST_S,
    ) -> None:
        """`data` gets the cursor; `site_of` tells whose points are; `feeds` are those of `data` where left out;
        `lowest_s` is the shortest wait after a failure.
        """
        self._settings = settings
        self._feeds = feeds or FolderFeeds(data)
        self._site_of = site_of
        self._clock = clock
        self._signer = Webhook(read_secret(settings.secret_file))
        self._client = GuardedClient(allow_private=settings.allow_private, ca_file=settings.ca_file)
        self._backoff = Backoff(lowest_s, _HIGHEST_S, rng or random.Random())
        self._file = CursorFile(data / FOLDER / f"{settings.name}.json")
        self._cursor = self._file.load()
        self._kept = self._cursor.after if self._cursor is not None else 0

    async def run(self) -> None:
        try:
            while True:
                await self._step()
        finally:
            await self._client.close()

    async def _step(self) -> None:
        """One message, or a wait for something to tell."""
        try:
            made = await asyncio.to_thread(self._next)
        except (BookError, *DATABASE_ERRORS, *UNREADABLE) as error:
            _log.warning("northbound_unreadable", name=self._settings.name, error=str(error))
            await asyncio.sleep(self._backoff.next_s())
            return
        if made is None:
            await asyncio.sleep(_LOOK_S)
            return
        cursor, items = made
        if not await self._send(cursor, items):
            await asyncio.sleep(self._backoff.next_s())
            return
        self._backoff.reset()
        self._keep(Cursor(cursor.upto))

    def _next(self) -> tuple[Cursor, list[Item]] | None:
        """The message that was begun, or a new one; None where there is too little for one yet.

        What a message spans is kept before it is first sent: whoever starts again sends the same one.
        """
        with self._feeds.open(self._settings.what) as feed:
            cursor = self._cursor
            if cursor is None:
                cursor = Cursor(feed.end() - 1)  # a new receiver begins now
                self._keep(cursor)
            try:
                items, upto, is_full = self._gather(feed, cursor)
            except GoneError as gone:
                _log.error("northbound_missed", name=self._settings.name, after=cursor.after, first=gone.first)
                self._keep(Cursor(gone.first - 1, missed=cursor.after + 1))
                return None
        if cursor.under_way:
            return cursor, items
        if upto <= cursor.after:
            return None
        if not items:
            self._pass_over(cursor, upto)
            return None
        waited_ms = self._clock.now_ms() - items[0].received_at
        may_wait = not is_full and not any(item.alarms for item in items)
        if may_wait and waited_ms < self._settings.max_wait_s * 1000:
            return None
        begun = Cursor(cursor.after, upto, cursor.missed)
        self._keep(begun)
        return begun, items

    def _pass_over(self, cursor: Cursor, upto: int) -> None:
        """Nothing to tell of: written down now and then only, for the log goes on each second."""
        passed = Cursor(upto, missed=cursor.missed)
        self._cursor = passed
        if upto - self._kept >= _PASSED_OVER:
            self._keep(passed)

    def _gather(self, feed: OneFeed, cursor: Cursor) -> tuple[list[Item], int, bool]:
        """(what comes next, up to which position, whether it is a whole message)."""
        site, only = self._site_of(), frozenset(self._settings.enterprises)

        def sees_enterprise(enterprise: str) -> bool:
            return not only or enterprise in only

        def sees(point: str) -> bool:
            found = site.points.get(point)
            return not only or (found is not None and found.enterprise in only)

        last = cursor.upto if cursor.under_way else feed.upto(cursor.after, _MOST_ENTRIES)
        items, count = [], 0
        for item in feed.items(cursor.after, self._settings.what, sees, sees_enterprise, last):
            items.append(item)
            count += len(item.readings)
            if count >= self._settings.max_readings and not cursor.under_way:
                return items, item.position, True
        return items, last, last < feed.end() - 1

    async def _send(self, cursor: Cursor, items: list[Item]) -> bool:
        message = f"{self._settings.name}.{cursor.after + 1}-{cursor.upto}"
        form = {
            "format": "tocsin northbound",
            "version": 1,
            "id": message,
            "first": cursor.after + 1,
            "last": cursor.upto,
            "entries": [item.form() for item in items],
        }
        if cursor.missed is not None:
            form["missed_from"] = cursor.missed
        body = msgspec.json.encode(form)
        now_s = self._clock.now_ms() // 1000
        headers = {
            "content-type": "application/json",
            "user-agent": "tocsin",
            "webhook-id": message,
            "webhook-timestamp": str(now_s),
            "webhook-signature": self._signer.sign(message, datetime.fromtimestamp(now_s, UTC), body.decode()),
        }
        try:
            answer = await self._client.call("POST", self._settings.url, body, headers)
        except CallError as error:
            _log.warning("northbound_failed", name=self._settings.name, message=message, error=str(error))
            return False
        if not answer.ok:
            _log.warning("northbound_failed", name=self._settings.name, message=message, status=answer.status)
        return answer.ok

    def _keep(self, cursor: Cursor) -> None:
        self._file.save(cursor)
        self._cursor, self._kept = cursor, cursor.after
