"""What the banner says: everything that is dead is named, and nothing dead looks calm."""

from pathlib import Path
from typing import Any

import pytest
from support.waiting import eventually

from tocsin.centre.pulse import OLD_READINGS_MS, QUIET_LOG_MS, Pulse, pulse_of
from tocsin.centre.watch import Watch
from tocsin.clock import SystemClock
from tocsin.records import FolderRecords

NOW = 1_790_000_000_000
WELL = {"live": True, "ready": True, "reasons": [], "checks": {"pipeline": True, "source broker": True, "influx": True}}


def pulse(health: dict[str, Any] | None = WELL, log_ago: int = 500, heard_ago: int = 900, bad: str = "") -> Pulse:
    return pulse_of(NOW, {"log": NOW - log_ago}, NOW - heard_ago, health, bad)


def ill(name: str, reason: str, *, ready: bool) -> dict[str, Any]:
    checks = {**dict(WELL["checks"]), name: False}  # type: ignore[call-overload]
    return {**WELL, "ready": ready, "reasons": [f"{name}: {reason}"], "checks": checks}


def test_all_is_well() -> None:
    assert pulse() == Pulse(NOW, ())


def test_a_service_that_does_not_answer_blinds() -> None:
    assert [(t.part, t.blind) for t in pulse(None).troubles] == [("service", True)]


def test_a_log_that_stands_still_blinds_though_the_service_answers() -> None:
    found = pulse(log_ago=QUIET_LOG_MS + 1)
    assert [(t.part, t.reason) for t in found.troubles] == [("engine", "nothing new for 4 s")]
    assert found.blind


def test_of_a_cluster_the_part_that_stands_still_is_named() -> None:
    clocks = {"tocsin.readings [0]": NOW - 300, "tocsin.readings [1]": NOW - QUIET_LOG_MS - 1, "tocsin.spanning [0]": 0}
    found = pulse_of(NOW, clocks, NOW, WELL)
    assert [(t.part, t.name, t.blind) for t in found.troubles] == [
        ("engine", "tocsin.readings [1]", True),
        ("engine", "tocsin.spanning [0]", True),
    ]


@pytest.mark.parametrize("name", ["deciding tocsin.readings [1]", "notifier"])
def test_of_a_cluster_who_does_not_decide_or_book_blinds(name: str) -> None:
    found = pulse(ill(name, "nothing decided for 16 s", ready=False))
    assert [(t.part, t.name, t.blind) for t in found.troubles] == [("engine", name, True)]


def test_data_that_cannot_be_read_blinds_with_its_reason() -> None:
    found = pulse(bad="book.sqlite: file is not a database")
    assert [(t.part, t.name, t.reason) for t in found.troubles] == [
        ("engine", "data", "book.sqlite: file is not a database")
    ]
    assert found.blind


def test_a_broker_that_is_away_blinds() -> None:
    found = pulse(ill("source broker", "connection refused", ready=False))
    assert [(t.part, t.name, t.reason, t.blind) for t in found.troubles] == [
        ("source", "broker", "connection refused", True)
    ]


def test_a_follower_that_lags_is_named_and_does_not_blind() -> None:
    found = pulse(ill("influx", "away, tried again; 90 entries behind", ready=True))
    assert [(t.part, t.name, t.blind) for t in found.troubles] == [("follower", "influx", False)]
    assert not found.blind


def test_a_full_disk_blinds() -> None:
    found = pulse(ill("disk", "no room", ready=False))
    assert [(t.part, t.name, t.blind) for t in found.troubles] == [("engine", "disk", True)]


def test_how_old_readings_may_be_is_a_setting() -> None:
    assert pulse_of(NOW, {"log": NOW}, NOW - OLD_READINGS_MS - 1, WELL, old_ms=2 * OLD_READINGS_MS).troubles == ()
    assert pulse_of(NOW, {"log": NOW}, NOW - 2001, WELL, old_ms=2000).blind


def test_old_readings_blind() -> None:
    found = pulse(heard_ago=OLD_READINGS_MS + 1)
    assert [t.part for t in found.troubles] == ["readings"]
    assert found.blind


def test_nothing_heard_ever_says_so() -> None:
    assert [t.reason for t in pulse_of(NOW, {"log": 0}, 0, WELL).troubles] == ["nothing yet", "nothing yet"]


def test_what_blinds_comes_first() -> None:
    found = pulse(ill("influx", "away", ready=True), heard_ago=OLD_READINGS_MS + 1)
    assert [t.part for t in found.troubles] == ["readings", "follower"]


def reasons(watch: Watch) -> set[tuple[str, str]]:
    return {(trouble.part, trouble.reason) for trouble in watch.pulse.now().troubles}


def test_before_the_service_has_ever_run_a_screen_names_no_path(tmp_path: Path) -> None:
    watch = Watch(FolderRecords(tmp_path / "data"), "127.0.0.1:1", SystemClock())
    watch.start()
    try:
        assert eventually(lambda: ("engine", "nothing yet") in reasons(watch)), reasons(watch)
    finally:
        watch.stop()
