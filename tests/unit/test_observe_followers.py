"""A follower in trouble is seen, and does not make the service unready."""

from tocsin.followers.status import FollowerStatus
from tocsin.observe import Metrics, follower_check, judge, watch_follower


def status(trouble: str = "", refused: bool = False) -> FollowerStatus:
    return FollowerStatus(
        position=10,
        event=3,
        lag_entries=7,
        lag_s=4.5,
        readings=100,
        events=3,
        rejected=2,
        lost_entries=1,
        failures=6,
        refused=refused,
        trouble=trouble,
    )


def test_its_figures_are_in_the_metrics() -> None:
    metrics = Metrics()
    watch_follower(metrics, "influx", status)
    text = metrics.render().decode()
    for line in (
        'tocsin_follower_lag_entries{follower="influx"} 7.0',
        'tocsin_follower_lag_seconds{follower="influx"} 4.5',
        'tocsin_follower_failures_total{follower="influx"} 6.0',
        'tocsin_follower_rejected_total{follower="influx"} 2.0',
        'tocsin_follower_lost_entries_total{follower="influx"} 1.0',
    ):
        assert line in text


def test_trouble_is_said_and_the_service_stays_ready() -> None:
    for refused, word in ((True, "refuses us"), (False, "away")):
        health = judge([follower_check("influx", status("HTTP 401", refused))])
        assert health.ready
        assert word in health.reasons[0]
        assert "HTTP 401" in health.reasons[0]


def test_no_trouble_no_reason() -> None:
    assert judge([follower_check("influx", status())]).reasons == ()
