"""Everything that tells people: the channels, the dispatcher behind them, and the replies that come back."""

import asyncio
import random
from collections.abc import Callable
from typing import Final

import structlog

from alerts.channels.port import Channel, TellsReplies
from alerts.channels.webhook import WebhookChannel
from alerts.routes.check_channels import channel_mistakes
from alerts.targets import Target
from plant.entries import Act, NoticeAction
from plant.mistakes import Mistake
from tocsin.book.outbox_queue import OUTBOX
from tocsin.clock import Clock
from tocsin.configuration import Configured
from tocsin.database import Place
from tocsin.notices.dispatcher import Dispatcher
from tocsin.notices.site_directory import SiteDirectory
from tocsin.settings import Settings

REPLIES_EVERY_S: Final = 5.0

Submit = Callable[[Act], None]

_log = structlog.get_logger(__name__)


class Office:
    """One for a service. Channels are opened when it is made: ValueError, OSError or MissingExtraError as they say."""

    def __init__(self, settings: Settings, configured: Configured, book: Place, clock: Clock, submit: Submit) -> None:
        """`submit` puts an act into the log; it does not block."""
        self._settings = settings
        self._clock = clock
        self._submit = submit
        self._links = settings.answers.links() if settings.answers is not None else None
        webhooks = [WebhookChannel(webhook) for webhook in settings.webhook]
        self.targets: list[Target] = [webhook.target for webhook in webhooks]
        """Those who are told of every event, without a route."""
        self.channels: list[Channel] = [*webhooks, *(channel.open() for channel in settings.channel)]
        self.dispatcher = Dispatcher(
            book,
            self.channels,
            clock,
            random.random,
            directory=self._directory(configured),
            on_failed=self._failed,
        )

    def mistakes(self, configured: Configured) -> list[Mistake]:
        """Where the routes of a configuration name channels that are not there, or may not be used so."""
        channels = {channel.name: channel.public for channel in self._settings.channel}
        return channel_mistakes(configured.routes, configured.site, channels)

    def use(self, configured: Configured) -> None:
        """Go by another configuration from now on."""
        self.dispatcher.use(self._directory(configured))

    async def run(self) -> None:
        """Send until stopped or cancelled, and take replies meanwhile."""
        asking = [
            asyncio.create_task(self._take_replies(channel.name, channel))
            for channel in self.channels
            if isinstance(channel, TellsReplies) and self._links is not None
        ]
        try:
            await self.dispatcher.run()
        finally:
            for task in asking:
                task.cancel()

    def _directory(self, configured: Configured) -> SiteDirectory:
        return SiteDirectory(configured, self._links, self._clock)

    def _failed(self, call: str) -> None:
        self._submit(NoticeAction(self._clock.now_ms(), "failed", call, OUTBOX))

    async def _take_replies(self, name: str, channel: TellsReplies) -> None:
        """Ask a channel for what people have sent back; a code acknowledges."""
        from tocsin.answers.desk import Desk, UnavailableError
        from tocsin.answers.facts import facts_under
        from tocsin.answers.replying import take_reply
        from tocsin.records import records_of

        assert self._links is not None  # noqa: S101 - only then is it asked
        desk, links = Desk(records_of(self._settings), facts_under), self._links
        while True:
            for reply in await channel.replies(self._clock.now_ms()):
                try:
                    await asyncio.to_thread(take_reply, desk, links, name, reply)
                except UnavailableError as error:
                    _log.error("reply_not_taken", channel=name, error=str(error))
            await asyncio.sleep(REPLIES_EVERY_S)
