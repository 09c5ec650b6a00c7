"""What the watch over Tocsin itself looks at: brokers, the disk, history, calls of red alarms that were given up."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from tocsin.book.schema import open_reader
from tocsin.database import Place
from tocsin.followers.status import FollowerStatus
from tocsin.selftest.watch import Delays, Finding, Key
from tocsin.settings.selftest import WatchSettings

SELF_TEST: Final = "tocsin.self-test"
BROKER: Final = "tocsin.broker"
DISK: Final = "tocsin.disk"
HISTORY: Final = "tocsin.history"
NOTICES: Final = "tocsin.notices"

DISK_SUBJECT: Final = "data"
_SHARE_FREE: Final = 0.05
_WELL: Final = 1.25
"""Room enough again is so many times what was too little."""

_GIVEN_UP: Final = """
SELECT o.channel, count(*) FROM outbox AS o JOIN alarms AS a ON a.alarm = o.alarm
WHERE o.state = 'dead' AND o.ended_at >= ? AND (o.urgent = 1 OR json_extract(a.record, '$.worst_severity') = 'red')
GROUP BY o.channel
"""


class Connection(Protocol):
    """A way in: tocsin.runtime.intake.Intake."""

    name: str
    connected: bool
    reason: str


def delays_of(settings: WatchSettings) -> dict[str, Delays]:
    """By rule."""
    return {
        SELF_TEST: Delays(0.0, 0.0),
        BROKER: Delays(settings.broker_down_s, 60.0),
        DISK: Delays(0.0, 300.0),
        HISTORY: Delays(10.0, 60.0),
        NOTICES: Delays(0.0, 60.0),
    }


def brokers(connections: Sequence[Connection]) -> dict[Key, Finding]:
    """Those that are away now."""
    return {
        (BROKER, one.name): Finding("orange", f"no connection: {one.reason}")
        for one in connections
        if not one.connected
    }


def disk(data: Path, full: bool, settings: WatchSettings) -> dict[Key, Finding]:
    """Nearly full, or so full that nothing can be written. OSError if the folder can't be asked."""
    usage = shutil.disk_usage(data)
    low = min(settings.disk_free_bytes, usage.total * _SHARE_FREE)
    if full:
        return {
            (DISK, DISK_SUBJECT): Finding("red", "no room: nothing was acknowledged, readings waited at the broker")
        }
    if usage.free >= low * _WELL:
        return {}
    reason = f"{usage.free / (1 << 20):.0f} MiB are free, {low / (1 << 20):.0f} are needed"
    return {(DISK, DISK_SUBJECT): Finding("orange", reason, between=usage.free >= low)}


def history(name: str, status: FollowerStatus, settings: WatchSettings) -> dict[Key, Finding]:
    """A follower that is too far behind."""
    limit_s = settings.history_behind_s
    if status.lag_s < limit_s / 2:
        return {}
    reason = f"{status.lag_s:.0f} s behind{': ' if status.trouble else ''}{status.trouble}"
    return {(HISTORY, name): Finding("yellow", reason, between=status.lag_s < limit_s)}


def given_up(book: Place, now_ms: int, settings: WatchSettings) -> dict[Key, Finding]:
    """Calls of red alarms that nobody got, by channel. BookError, sqlite3.Error if the book can't be read."""
    db = open_reader(book)
    try:
        rows: list[tuple[str, int]] = db.execute(
            _GIVEN_UP, (now_ms - round(settings.dead_letters_s * 1000),)
        ).fetchall()
    finally:
        db.close()
    return {
        (NOTICES, channel): Finding("orange", f"notices of red alarms that were given up: {count}")
        for channel, count in rows
    }
