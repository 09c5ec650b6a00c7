"""What could not be read: bounded, and seen in metrics and by `tocsin quarantine`."""

from collections.abc import Iterable
from typing import Final

import msgspec

from ingest.reason import Reason

SAMPLE_BYTES: Final = 128
_TOPIC_CHARACTERS: Final = 256
_DETAIL_CHARACTERS: Final = 120
_ENTRY_OVERHEAD_BYTES: Final = 400


class QuarantineEntry(msgspec.Struct):
    """All that was set aside of one topic for one reason. Texts are printable."""

    topic: str
    reason: str
    count: int
    """Values, or messages where a message could not be read as a whole."""
    first_bytes: bytes
    """Of the latest payload."""
    detail: str
    """Of the latest: mostly the key."""
    first_seen_ms: int
    last_seen_ms: int

    @property
    def size(self) -> int:
        """Roughly the bytes of memory it takes."""
        return _ENTRY_OVERHEAD_BYTES + len(self.topic) + len(self.first_bytes) + len(self.detail)


class Quarantine:
    """Keeps the entries that were added to last; counts by reason never forget."""

    def __init__(self, *, max_entries: int = 2_000, max_bytes: int = 4 << 20) -> None:
        self.counts: dict[str, int] = {reason.value: 0 for reason in Reason}
        """By reason, for metrics; read only."""
        self.overflowed = 0
        """Entries that had to make room for newer ones."""
        self._entries: dict[tuple[str, str], QuarantineEntry] = {}
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._bytes = 0
        self._again: tuple[str, Reason, bytes, QuarantineEntry] | None = None
        """What was recorded last: its entry is the latest one."""

    def __len__(self) -> int:
        return len(self._entries)

    def record(self, topic: str, reason: Reason, payload: bytes, detail: str, now_ms: int) -> None:
        """Count one thing set aside and keep a sample of it."""
        self.counts[reason.value] += 1
        if self._again is not None:
            known_topic, known_reason, known_payload, entry = self._again
            if payload is known_payload and reason is known_reason and topic is known_topic:
                # One message may hold a million things that can't be read.
                self._bytes -= len(entry.detail)
                entry.count += 1
                entry.detail = printable(detail, _DETAIL_CHARACTERS)
                self._bytes += len(entry.detail)
                return
        given, topic = topic, printable(topic, _TOPIC_CHARACTERS)
        key = (topic, reason.value)
        # Taken out and put back: the order of the dict is then the order of last use.
        known = self._entries.pop(key, None)
        if known is None:
            entry = QuarantineEntry(topic, reason.value, 0, b"", "", now_ms, now_ms)
        else:
            entry = known
            self._bytes -= entry.size
        entry.count += 1
        entry.first_bytes = payload[:SAMPLE_BYTES]
        entry.detail = printable(detail, _DETAIL_CHARACTERS)
        entry.last_seen_ms = now_ms
        self._put(key, entry)
        self._again = given, reason, payload, entry

    def entries(self) -> list[QuarantineEntry]:
        """A copy, the latest first."""
        return [msgspec.structs.replace(entry) for entry in reversed(self._entries.values())]

    def restore(self, entries: Iterable[QuarantineEntry], counts: dict[str, int]) -> None:
        """Put back what an earlier process saved (entries the latest first)."""
        self._again = None
        for entry in reversed(list(entries)):
            if (entry.topic, entry.reason) not in self._entries:
                self._put((entry.topic, entry.reason), entry)
        for reason, count in counts.items():
            self.counts[reason] = self.counts.get(reason, 0) + count

    def _put(self, key: tuple[str, str], entry: QuarantineEntry) -> None:
        self._entries[key] = entry
        self._bytes += entry.size
        while len(self._entries) > 1 and (len(self._entries) > self._max_entries or self._bytes > self._max_bytes):
            self._bytes -= self._entries.pop(next(iter(self._entries))).size
            self.overflowed += 1


def printable(text: str, limit: int) -> str:
    """The text with control characters and lone surrogates escaped, cut to `limit` characters."""
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
