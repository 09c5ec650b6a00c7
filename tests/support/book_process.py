"""A process that books alarms one by one and sends them, to be killed: `python -m support.book_process BOOK URL N`."""

import asyncio
import random
import sys
from pathlib import Path

from support.alarm_steps import LATCHING, engine_event
from support.dispatching import webhook

from tocsin.book import AlarmBook
from tocsin.clock import SystemClock
from tocsin.notices.dispatcher import Dispatcher


async def main(path: Path, url: str, count: int) -> None:
    """Entry i of the log raises alarm i; what is booked already is not booked again."""
    channel = webhook(path.parent, url)
    book = AlarmBook.open_for_writing(path, [channel.target])
    dispatcher = Dispatcher(path, [channel], SystemClock(), random.random)
    sending = asyncio.create_task(dispatcher.run())
    for i in range(book.position, count):
        step = engine_event("raised", subject=f"E001-P{i}")
        await asyncio.to_thread(book.commit, i + 1, [(i, step)], LATCHING)
        dispatcher.wake()
    await sending


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
