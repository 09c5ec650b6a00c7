"""The pushers as a process."""

import asyncio
import signal

from tocsin.centre.grounds import Grounds
from tocsin.clock import Clock
from tocsin.northbound.feeds import feeds_of
from tocsin.northbound.pusher import Pusher
from tocsin.records import records_of
from tocsin.settings import Settings


def push(settings: Settings, clock: Clock) -> None:
    """Push until SIGTERM or SIGINT. ValueError if a secret can't be read."""
    records = records_of(settings)
    grounds, feeds = Grounds(records), feeds_of(records)
    pushers = [
        Pusher(each, settings.data, lambda: grounds.now().site, clock, feeds=feeds) for each in settings.northbound
    ]
    asyncio.run(_run(pushers))


async def _run(pushers: list[Pusher]) -> None:
    tasks = [asyncio.create_task(pusher.run()) for pusher in pushers]
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _cancel, tasks)
    await asyncio.gather(*tasks, return_exceptions=True)


def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
