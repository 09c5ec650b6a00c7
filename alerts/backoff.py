"""When to try again: exponential backoff with jitter (pure)."""

FIRST_S = 1.0
LONGEST_S = 600.0
GIVE_UP_AFTER_MS = 24 * 3600 * 1000
"""How long a notice is retried, counted from its first attempt."""


def delay_s(attempt: int, u: float) -> float:
    """Seconds to wait after failed attempt number `attempt` (1, 2, ...), with jitter `u` in [0, 1).

    The span doubles from 1 s to 10 min; the delay is between half of it and all of it, so that targets
    that failed together do not come back together.
    """
    if attempt < 1:
        raise ValueError(f"attempt is {attempt}, allowed is 1 and more")
    span = min(LONGEST_S, FIRST_S * 2.0 ** min(attempt - 1, 20))
    return span * (0.5 + 0.5 * u)
