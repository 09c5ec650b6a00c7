"""What metrics and health say of a follower, from its status."""

from collections.abc import Callable

from tocsin.followers.status import FollowerStatus
from tocsin.observe.health import Check, Matters
from tocsin.observe.metrics import Metrics


def watch_follower(metrics: Metrics, name: str, status: Callable[[], FollowerStatus]) -> None:
    """Show the follower's lag, failures, rejected lines and lost entries under the label `follower=name`."""
    metrics.watch("tocsin_follower_lag_entries", lambda: {name: status().lag_entries})
    metrics.watch("tocsin_follower_lag_seconds", lambda: {name: status().lag_s})
    metrics.watch("tocsin_follower_failures_total", lambda: {name: status().failures})
    metrics.watch("tocsin_follower_rejected_total", lambda: {name: status().rejected})
    metrics.watch("tocsin_follower_lost_entries_total", lambda: {name: status().lost_entries})


def follower_check(name: str, status: FollowerStatus) -> Check:
    """Noted, never more: a follower in trouble holds up no alarm."""
    if not status.trouble:
        return Check(name, True, matters=Matters.NOTED)
    what = "refuses us, somebody must mend that" if status.refused else "away, tried again"
    reason = f"{what}; {status.lag_entries} entries behind, {status.lag_s:.0f} s: {status.trouble}"
    return Check(name, False, reason, Matters.NOTED)
