"""What the service shows of itself: metrics, health, and logs that hold no secrets."""

from tocsin.observe.followers import follower_check, watch_follower
from tocsin.observe.health import Check, Health, judge
from tocsin.observe.http_server import ObserveServer, listen_address
from tocsin.observe.logs import set_up_logs
from tocsin.observe.metrics import Metrics

__all__ = [
    "Check",
    "Health",
    "Metrics",
    "ObserveServer",
    "follower_check",
    "judge",
    "listen_address",
    "set_up_logs",
    "watch_follower",
]
