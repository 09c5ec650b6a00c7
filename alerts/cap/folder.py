"""The folder of CAP messages: what was said of an alarm before, and what the feed shows. One file a message."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from alerts.cap.message import Reference
from alerts.cap.reading import Summary, summary_of

_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,160}")


class CapFolder:
    """One writer, any number of readers; a file is there whole or not at all. All methods may raise OSError."""

    def __init__(self, folder: Path) -> None:
        """The folder is made with the first message."""
        self._folder = folder

    def get(self, identifier: str) -> bytes | None:
        """The message of that name, if it is kept."""
        if not _NAME.fullmatch(identifier) or identifier.startswith("."):
            return None
        try:
            return (self._folder / f"{identifier}.xml").read_bytes()
        except FileNotFoundError:
            return None

    def put(self, identifier: str, xml: bytes) -> None:
        """Keep a message durably."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{identifier}.xml"
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as file:
            file.write(xml)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)

    def of_alarm(self, stem: str) -> list[Reference]:
        """The messages `<stem>.1`, `<stem>.2`, ... that are kept, the oldest first."""
        found = [summary for _, summary in self._summaries(f"{stem}.*.xml")]
        return [summary.reference for summary in sorted(found, key=lambda s: (s.sent_at_ms, s.reference.identifier))]

    def newest(self, most: int) -> list[tuple[str, Summary]]:
        """(identifier, summary) of the messages kept, the newest first."""
        found = sorted(self._summaries("*.xml"), key=lambda pair: pair[1].sent_at_ms, reverse=True)
        return found[:most]

    def drop_before(self, limit_ms: int) -> int:
        """Remove messages that were written before; returns how many."""
        old = [path for path in self._folder.glob("*.xml") if path.stat().st_mtime * 1000 < limit_ms]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _summaries(self, pattern: str) -> Iterator[tuple[str, Summary]]:
        for path in self._folder.glob(pattern):
            try:
                yield path.stem, summary_of(path.read_bytes())
            except (FileNotFoundError, ValueError):
                continue  # removed meanwhile, or not ours
