"""A channel's quotas, kept to beforehand: when the next message may go (pure)."""

from collections import deque
from collections.abc import Iterable, Sequence
from math import floor

from alerts.channels.port import Quota


class Quotas:
    """Counts messages. A share of each quota is kept for urgent ones: others stop short of it."""

    def __init__(self, quotas: Sequence[Quota], kept_for_red: float, sent: Iterable[tuple[str, int]] = ()) -> None:
        """`sent` is (contact, ms) of what went out before, in order of time."""
        self._quotas = tuple(quotas)
        self._kept_for_red = kept_for_red
        self._sent: dict[tuple[int, str], deque[int]] = {}
        for contact, at_ms in sent:
            self.note(contact, at_ms)

    def opens_at_ms(self, contact: str, urgent: bool, now_ms: int) -> int:
        """When a message to the contact may go: `now_ms` or earlier if at once."""
        opens_ms = now_ms
        for i, quota in enumerate(self._quotas):
            span_ms = round(quota.within_s * 1000)
            sent = [at for at in self._sent.get(self._key(i, contact), ()) if at > now_ms - span_ms]
            most = quota.most if urgent else max(1, floor(quota.most * (1 - self._kept_for_red) + 1e-9))
            if len(sent) >= most:
                opens_ms = max(opens_ms, sent[len(sent) - most] + span_ms)
        return opens_ms

    def note(self, contact: str, at_ms: int) -> None:
        """A message goes out."""
        for i, quota in enumerate(self._quotas):
            sent = self._sent.setdefault(self._key(i, contact), deque())
            sent.append(at_ms)
            while sent[0] <= at_ms - round(quota.within_s * 1000):
                sent.popleft()

    def take_back(self, contact: str, at_ms: int) -> None:
        """It was not taken by the provider, so it does not count."""
        for i in range(len(self._quotas)):
            sent = self._sent.get(self._key(i, contact))
            if sent is not None and at_ms in sent:
                sent.remove(at_ms)

    @property
    def longest_ms(self) -> int:
        """How far back they count."""
        return round(max((quota.within_s for quota in self._quotas), default=0.0) * 1000)

    def _key(self, i: int, contact: str) -> tuple[int, str]:
        return i, contact if self._quotas[i].per == "recipient" else ""
