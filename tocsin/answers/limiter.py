"""How often somebody may ask: a bucket of tokens for each key (pure; time is given)."""

from collections import OrderedDict
from typing import Final

_MOST_KEYS: Final = 20_000


class Limiter:
    """At most `most` at once, filled up again over `within_s`. Keys not seen for longest are forgotten first."""

    def __init__(self, most: int, within_s: float) -> None:
        self._most = most
        self._per_s = most / within_s
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, key: str, now_s: float) -> bool:
        """Whether the key may, now. Asking takes one, if there is one."""
        left, at_s = self._buckets.pop(key, (float(self._most), now_s))
        left = min(float(self._most), left + max(0.0, now_s - at_s) * self._per_s)
        allowed = left >= 1.0
        self._buckets[key] = (left - 1.0 if allowed else left, max(at_s, now_s))
        if len(self._buckets) > _MOST_KEYS:
            self._buckets.popitem(last=False)
        return allowed
