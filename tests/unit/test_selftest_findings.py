"""What the watch over Tocsin itself finds: a broker, the disk, history, calls of red alarms that were given up."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tocsin.book.schema import open_writer
from tocsin.followers.status import FollowerStatus
from tocsin.selftest import findings
from tocsin.selftest.watch import Finding
from tocsin.settings.selftest import WatchSettings

GIB = 1 << 30
SETTINGS = WatchSettings()


@dataclass
class Connection:
    name: str
    connected: bool
    reason: str = ""


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def status(lag_s: float, trouble: str = "") -> FollowerStatus:
    return FollowerStatus(0, 0, 0, lag_s, 0, 0, 0, 0, 0, False, trouble)


def disk(monkeypatch: pytest.MonkeyPatch, total: float, free: float, full: bool = False) -> Finding | None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(round(total), 0, round(free)))
    return findings.disk(Path(), full, SETTINGS).get((findings.DISK, "data"))


def test_brokers_that_are_away() -> None:
    found = findings.brokers([Connection("north", True), Connection("south", False, "refused")])
    assert found == {("tocsin.broker", "south"): Finding("orange", "no connection: refused")}


def test_room_on_a_large_and_on_a_small_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    assert disk(monkeypatch, 500 * GIB, 2 * GIB) is None
    low = disk(monkeypatch, 500 * GIB, 0.5 * GIB)
    assert low == Finding("orange", "512 MiB are free, 1024 are needed")
    between = disk(monkeypatch, 500 * GIB, 1.1 * GIB)
    assert between is not None
    assert between.between
    assert disk(monkeypatch, 4 * GIB, 0.3 * GIB) is None, "a twentieth of a small disk is enough"
    assert disk(monkeypatch, 4 * GIB, 0.1 * GIB) is not None
    full = disk(monkeypatch, 4 * GIB, 0, full=True)
    assert full is not None
    assert full.severity == "red"


def test_history_that_is_behind() -> None:
    assert findings.history("influx", status(200), SETTINGS) == {}
    ((key, found),) = findings.history("influx", status(700, "connection refused"), SETTINGS).items()
    assert key == ("tocsin.history", "influx")
    assert found == Finding("yellow", "700 s behind: connection refused")
    ((_, found),) = findings.history("influx", status(400), SETTINGS).items()
    assert found.between


def test_only_red_alarms_that_were_given_up_of_late(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite"
    db = open_writer(path, durable=False)

    def alarm(name: str, worst: str) -> None:
        record = f'{{"worst_severity":"{worst}"}}'
        values: tuple[Any, ...] = (name, "closed", worst, worst, "E1", 0, record)
        db.execute("INSERT INTO alarms (alarm, state, severity, peak_severity, enterprise, raised_at, record)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?)", values)  # fmt: skip

    def given_up(key: str, name: str, channel: str, ended_at: int, state: str = "dead", urgent: bool = False) -> None:
        db.execute("INSERT INTO outbox (key, channel, alarm, n, queued_at, state, ended_at, urgent)"
                   " VALUES (?, ?, ?, 1, 0, ?, ?, ?)", (key, channel, name, state, ended_at, urgent))  # fmt: skip

    alarm("red", "red")
    alarm("blue", "blue")
    now_ms = 100_000_000
    given_up("k1", "red", "sms", now_ms - 1000)
    given_up("k2", "red", "sms", now_ms - 2000, urgent=True)
    given_up("k3", "blue", "mail", now_ms - 1000)
    given_up("k4", "red", "voice", now_ms - 90_000_000)
    given_up("k5", "red", "mail", now_ms - 1000, state="delivered")
    db.close()
    found = findings.given_up(path, now_ms, SETTINGS)
    assert found == {
        ("tocsin.notices", "sms"): Finding("orange", "notices of red alarms that were given up: 2"),
    }
