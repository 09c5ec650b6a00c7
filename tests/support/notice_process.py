"""A process that sends bundled notices, to be killed: `python -m support.notice_process FOLDER COUNT [hang]`.

It books COUNT alarms and owes word of each to one person over a file; with `hang` it never learns that the file took
the message.
"""

import asyncio
import random
import sys
from pathlib import Path

from support.scripted import EverybodyKnown, Ringing, call

from alerts.channels.file import FileChannel, FileSettings
from alerts.channels.port import Notice, Outcome
from tocsin.clock import SystemClock
from tocsin.notices.dispatcher import Dispatcher


class HangingFile(FileChannel):
    async def send(self, notice: Notice, now_ms: int) -> Outcome:
        outcome = await super().send(notice, now_ms)
        await asyncio.Event().wait()
        return outcome


async def main(folder: Path, count: int, hang: bool) -> None:
    ringing = Ringing(folder / "book.sqlite")
    if not ringing.book.position:
        ringing.raise_alarms(*range(count))
        ringing.owe(*(call(i, [("zhang", "printer")]) for i in range(count)))
    settings = FileSettings(kind="file", name="printer", path=folder / "printed.jsonl")
    channel = HangingFile(settings) if hang else FileChannel(settings)
    await Dispatcher(ringing.path, [channel], SystemClock(), random.random, directory=EverybodyKnown()).run()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), "hang" in sys.argv[3:]))
