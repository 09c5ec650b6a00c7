"""Knows messages whose readings carry no time of their own when the broker delivers them a second time.

A reading with a timestamp is recognised by the engine as late or a duplicate. One without is taken at its time of
arrival, so a second delivery would count twice; only here can it be seen.
"""

from collections.abc import Iterable
from hashlib import blake2b


def redelivery_key(source: str, packet_id: int, topic: str, payload: bytes) -> int:
    """64 bits that one message keeps when it is delivered again: the log keeps it in an unsigned 64-bit column."""
    digest = blake2b(payload, digest_size=8, key=packet_id.to_bytes(2, "big"))
    digest.update(f"\x1f{source}\x1f{topic}".encode("utf-8", "surrogatepass"))
    return int.from_bytes(digest.digest(), "big")


class Redelivery:
    """The keys of the latest messages; the oldest are forgotten first."""

    def __init__(self, capacity: int = 100_000) -> None:
        self.dropped = 0
        """Messages that were known already."""
        self._capacity = capacity
        self._keys: dict[int, None] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def remember(self, keys: Iterable[int]) -> None:
        """Take keys as seen, in order; those of the log's last batches after a crash."""
        known = self._keys
        for key in keys:
            known.pop(key, None)
            known[key] = None
        while len(known) > self._capacity:
            del known[next(iter(known))]

    def is_second(self, key: int, redelivered: bool) -> bool:
        """Whether the message was taken already. If not, it is remembered.

        Without MQTT's DUP flag it is a new message, however alike: a device may well send the same value again.
        """
        if redelivered and key in self._keys:
            self.dropped += 1
            return True
        self.remember((key,))
        return False
