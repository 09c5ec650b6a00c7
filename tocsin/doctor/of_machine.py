"""The machine's clock: kept in time, and together with the servers that stamp what they get."""

import ctypes
import ctypes.util
from typing import Final

from tocsin.clock import Clock
from tocsin.doctor.finding import Fact, Finding, bad, ok, warn
from tocsin.doctor.of_influx import server_time_ms, shown_instant
from tocsin.doctor.reach import reached
from tocsin.settings import Settings

_NAME: Final = "clock"
_TIME_ERROR: Final = 5
"""adjtimex(2): the clock is not synchronised."""
_TIMEX_BYTES: Final = 512
"""More than struct timex has on any Linux; zeroed, its `modes` ask for nothing to be changed."""
_SKEW_S: Final = 3.0
"""Dates in HTTP are whole seconds, and an answer takes its time."""
_BAD_SKEW_S: Final = 60.0
"""Readings from further ahead are taken for skewed."""


def look_at_clock(settings: Settings, clock: Clock) -> list[Finding]:
    found = [_kept_in_time()]
    told_ms = server_time_ms(settings)
    if told_ms is not None:
        now_ms = clock.now_ms()
        skew_s = abs(now_ms - told_ms - 500) / 1000
        facts: dict[str, Fact] = {
            "seconds": round(skew_s, 1),
            "here": shown_instant(now_ms),
            "there": shown_instant(told_ms),
        }
        judge = bad if skew_s > _BAD_SKEW_S else warn if skew_s > _SKEW_S else None
        found.append(
            ok(_NAME, "clock_ok", "influxdb") if judge is None else judge(_NAME, "skewed", "influxdb", **facts)
        )
    return found


def look_at_kafka(address: str, now_ms: int) -> list[Finding]:
    """Whether a broker of Kafka listens at host:port."""
    host, _, port = address.rpartition(":")
    return reached("kafka", "", host.strip("[]"), int(port), now_ms, tls=False)


def _kept_in_time() -> Finding:
    """What the kernel says; where it can't be asked, that is said."""
    library = ctypes.util.find_library("c")
    adjtimex = getattr(ctypes.CDLL(library), "adjtimex", None) if library else None
    state = adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)) if adjtimex is not None else -1
    if state < 0:
        return ok(_NAME, "clock_unknown")
    return warn(_NAME, "clock_free") if state == _TIME_ERROR else ok(_NAME, "clock_synchronised")
