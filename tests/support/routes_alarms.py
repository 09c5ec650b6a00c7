"""Alarm records as routes look at them."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from alerts.machine import State
from alerts.record import AlarmRecord

_ALARM = AlarmRecord(
    alarm="a1",
    rule="gas-combustible",
    version=1,
    subject="E1-G1",
    side="high",
    enterprise="E1",
    state=State.ACTIVE_UNACKNOWLEDGED,
    level="hh",
    severity="red",
    peak_level="hh",
    peak_severity="red",
    worst_severity="red",
    raised_at=1_790_000_000_000,
    last_at=1_790_000_000_000,
    value=60.0,
    limit=50.0,
    onset=None,
    historical=False,
    exercise=False,
    reason="",
    events=1,
    latching=False,
)


def alarm(severity: str = "red", level: str = "hh", **facts: Any) -> AlarmRecord:
    """A red alarm of E1-G1, but for what is said otherwise."""
    shown = {"severity": severity, "peak_severity": severity, "level": level, "peak_level": level}
    return replace(_ALARM, **(shown | facts))


def ms(text: str, zone: str = "Asia/Shanghai", fold: int = 0) -> int:
    """A time of the clocks of a zone, in ms."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)
