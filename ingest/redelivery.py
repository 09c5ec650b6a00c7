"""Knows messages whose readings carry no time of their own when the broker delivers them a second time.

A reading with a timestamp is recognised by the engine as late or a duplicate. One without is taken at its time of
arrival, so a second delivery would count twice; only here can it be seen.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final


def redelivery_key(source: str, packet_id: int, topic: str, payload: bytes) -> int:
    """64 bits that one message keeps when it is delivered again: the log keeps it in an unsigned 64-bit column."""
    digest = blake2b(payload, digest_size=8, key=packet_id.to_bytes(2, "big"))
    digest.update(f"\x1f{source}\x1f{topic}".encode("utf-8", "surrogatepass"))
    return int.from_bytes(digest.digest(), "big")


REACH: Final = 40_000
"""A broker gives packet ids anew after 65,535 messages, and has at most `receive_maximum` on their way: in between."""


class Redelivery:
    """The keys of the latest messages of one source.

    A key is known for the next `reach` messages of the source. Later the same packet id with the same topic and
    payload is another message, whatever its DUP flag says: the broker repeats what this process has not seen, too.
    """

    def __init__(self, reach: int = REACH) -> None:
        self.dropped = 0
        """Messages that were known already."""
        self._reach = reach
        self._passed = 0
        self._keys: dict[int, int] = {}
        """When each was seen, in messages passed; oldest first."""

    def __len__(self) -> int:
        return len(self._keys)

    def passed(self, messages: int) -> None:
        """So many messages of the source have come, with or without a time of their own."""
        self._passed += messages

    def remember(self, keys: Iterable[int]) -> None:
        """Take keys as seen now, in order; those of the log's last batches after a crash."""
        known = self._keys
        for key in keys:
            known.pop(key, None)
            known[key] = self._passed
        while len(known) > self._reach:
            del known[next(iter(known))]

    def is_second(self, key: int, redelivered: bool) -> bool:
        """Whether the message was taken already. If not, it is remembered.

        Without MQTT's DUP flag it is a new message, however alike: a device may well send the same value again.
        """
        if redelivered and self._passed - self._keys.get(key, self._passed - self._reach - 1) <= self._reach:
            self.dropped += 1
            return True
        self.remember((key,))
        return False
