"""How a follower stands, in one shape for all of them: health and metrics are made from it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FollowerStatus:
    """Counts are since the start of the process. `lag_s` is the age of the oldest entry not yet in the sink."""

    position: int
    """One past the last entry in the sink."""
    event: int
    """The number of the last event of the alarm book in the sink."""
    lag_entries: int
    lag_s: float
    readings: int
    events: int
    rejected: int
    """Lines that the sink will never take; they are kept aside."""
    lost_entries: int
    """Entries that the log dropped before they were written."""
    failures: int
    """Tries that failed because the sink was away or refused us."""
    refused: bool
    """The sink refuses us (token, bucket): it won't get well by waiting."""
    trouble: str
    """Why the last try failed; "" when it did not."""
