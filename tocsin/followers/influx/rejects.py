"""Lines that the server will never take: kept aside, bounded, with the reason; the rest goes on."""

from collections.abc import Sequence
from pathlib import Path

import msgspec


class RejectedLines:
    """Appends JSON Lines `{"reason": ..., "line": ...}` up to `max_bytes`; after that it only counts."""

    def __init__(self, path: Path, max_bytes: int = 10_000_000) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self.count = 0
        """Lines kept aside or counted since the start."""

    def keep(self, lines: Sequence[str], reason: str) -> None:
        """Keep what there is room for. A disk without room is no reason to stop: they are counted all the same."""
        self.count += len(lines)
        try:
            with self._path.open("ab") as out:
                room = self._max_bytes - out.tell()
                for line in lines:
                    record = msgspec.json.encode({"reason": reason, "line": line}) + b"\n"
                    room -= len(record)
                    if room < 0:
                        return
                    out.write(record)
        except OSError:
            return
