"""What metrics and health say of a follower, from its status."""

from collections.abc import Callable, Mapping

from tocsin.followers.status import FollowerStatus
from tocsin.observe.health import Check, Matters
from tocsin.observe.metrics import Metrics


def watch_follower(metrics: Metrics, name: str, status: Callable[[], FollowerStatus]) -> None:
    """Show the follower's lag, failures, rejected lines and lost entries under the label `follower=name`."""
    watch_followers(metrics, lambda: {name: status()})


def watch_followers(metrics: Metrics, statuses: Callable[[], Mapping[str, FollowerStatus]]) -> None:
    """The same for followers that come and go; `statuses` is by name."""
    metrics.watch("tocsin_follower_lag_entries", lambda: {n: s.lag_entries for n, s in statuses().items()})
    metrics.watch("tocsin_follower_lag_seconds", lambda: {n: s.lag_s for n, s in statuses().items()})
    metrics.watch("tocsin_follower_failures_total", lambda: {n: s.failures for n, s in statuses().items()})
    metrics.watch("tocsin_follower_rejected_total", lambda: {n: s.rejected for n, s in statuses().items()})
    metrics.watch("tocsin_follower_lost_entries_total", lambda: {n: s.lost_entries for n, s in statuses().items()})


def follower_check(name: str, status: FollowerStatus) -> Check:
    """Noted, never more: a follower in trouble holds up no alarm."""
    if not status.trouble:
        return Check(name, True, matters=Matters.NOTED)
    what = "refuses us, somebody must mend that" if status.refused else "away, tried again"
    reason = f"{what}; {status.lag_entries} entries behind, {status.lag_s:.0f} s: {status.trouble}"
    return Check(name, False, reason, Matters.NOTED)
