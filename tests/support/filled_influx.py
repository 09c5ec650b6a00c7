"""A real InfluxDB that a drill through the product has filled, for the tests of a module."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from support.influx import BUCKET, ORG, TOKEN, InfluxServer, influx_server

from tocsin.clock import SystemClock
from tocsin.configuration import Configured
from tools.boards_preview.fill import Target, fill

PAST_S = 1200
LIVE_S = 6.0


@dataclass(frozen=True, slots=True)
class Filled:
    """The server, what was watched, and when the filling ended."""

    influx: InfluxServer
    configured: Configured
    ended_ms: int


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """Import it by name to use it. Skips where there is no influxd, or no embedded broker."""
    pytest.importorskip("iotcore")
    with influx_server(tmp_path_factory.mktemp("influx")) as influx:
        for name in (f"{BUCKET}_1m", f"{BUCKET}_1h"):
            influx.make_bucket(name)
        target = Target(influx.url, ORG, BUCKET, TOKEN)
        configured = fill(tmp_path_factory.mktemp("drill"), target, past_s=PAST_S, live_s=LIVE_S)
        yield Filled(influx, configured, SystemClock().now_ms())
