"""How long to wait before the next try: twice as long each time, with jitter so that many do not come at once."""

import random


class Backoff:
    """Waits between `lowest_s` and `highest_s`. `rng` makes the jitter, so that a test can foresee it."""

    def __init__(self, lowest_s: float, highest_s: float, rng: random.Random) -> None:
        self._lowest_s = lowest_s
        self._highest_s = max(lowest_s, highest_s)
        self._rng = rng
        self._ceiling_s = lowest_s

    def next_s(self) -> float:
        """Seconds to wait now: between half the present ceiling and all of it; the ceiling then doubles."""
        wait_s = self._ceiling_s * self._rng.uniform(0.5, 1.0)
        self._ceiling_s = min(self._highest_s, self._ceiling_s * 2)
        return wait_s

    def reset(self) -> None:
        """It worked: begin anew."""
        self._ceiling_s = self._lowest_s
