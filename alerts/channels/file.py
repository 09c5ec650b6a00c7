"""A file as a channel: one JSON line a message, for printers and other programs on the same machine."""

import asyncio
import os
from pathlib import Path
from typing import Literal

import msgspec

from alerts.channels.port import Limits, Notice, Outcome
from alerts.channels.settings import ChannelSettings


class FileSettings(ChannelSettings):
    kind: Literal["file"]
    path: Path

    def open(self) -> "FileChannel":
        return FileChannel(self)


class FileChannel:
    """Appends each message durably."""

    def __init__(self, settings: FileSettings) -> None:
        self._settings = settings

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def limits(self) -> Limits:
        return Limits()

    async def send(self, notice: Notice, now_ms: int) -> Outcome:
        """Append a line: id, time, contact, urgent, exercise, and the items with purpose and event."""
        line = msgspec.json.encode(
            {
                "id": notice.id,
                "at": now_ms,
                "contact": notice.recipient.contact if notice.recipient is not None else "",
                "urgent": notice.urgent,
                "exercise": notice.exercise,
                "items": [
                    {"id": item.id, "purpose": item.purpose, "event": msgspec.Raw(item.event), "link": item.link}
                    for item in notice.items
                ],
            }
        )
        try:
            await asyncio.to_thread(_append, self._settings.path, line + b"\n")
        except OSError as error:
            return Outcome(False, error=f"{self._settings.path}: {error.strerror}")
        return Outcome(True)

    async def close(self) -> None:
        pass


def _append(path: Path, line: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
