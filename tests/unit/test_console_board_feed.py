"""The board's rows: each sight gets its own, then what changes."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.data_folder import make_data_folder

from alerts.machine import State
from alerts.record import AlarmRecord
from tocsin.centre.board import Board, Changes
from tocsin.centre.centre import Centre
from tocsin.centre.sight import Sight
from tocsin.clock import SystemClock
from tocsin.console.board_feed import BoardFeed
from tocsin.settings import Settings

ALL = Sight(frozenset({"E001", "E002"}), whole=True)
ONE = Sight(frozenset({"E001"}), whole=False)


class _Board(Board):
    """As the book would have it, put there by hand."""

    def __init__(self) -> None:
        super().__init__(Path("nowhere"))
        self.now: dict[str, AlarmRecord] = {}
        self.gone: list[str] = []

    def put(self, *records: AlarmRecord) -> None:
        self.turn += 1
        self.now.update({record.alarm: record for record in records})

    def end(self, alarm: str) -> None:
        self.turn += 1
        del self.now[alarm]
        self.gone.append(alarm)

    def changes(self, after: int) -> Changes:
        return Changes(self.turn, tuple(self.now.values()), tuple(self.gone), after <= 0)


def record(alarm: str, enterprise: str = "E001", severity: str = "orange", **fields: Any) -> AlarmRecord:
    kept: dict[str, Any] = {
        "alarm": alarm, "rule": "dust-spark", "version": 1, "subject": f"{alarm}-P", "side": "high",
        "enterprise": enterprise, "state": State.ACTIVE_UNACKNOWLEDGED, "level": "h", "severity": severity,
        "peak_level": "h", "peak_severity": severity, "worst_severity": severity, "raised_at": 1_700_000_000_000,
        "last_at": 1_700_000_000_000, "value": 1.0, "limit": 0.5, "onset": None, "historical": False,
        "exercise": False, "reason": "", "events": 1, "latching": False,
    }  # fmt: skip
    return AlarmRecord(**(kept | fields))


class Desk:
    def __init__(self, folder: Path) -> None:
        made = make_data_folder(folder)
        self.board = _Board()
        centre = Centre.of(Settings(site=made.site, data=made.data), SystemClock())
        centre.watch.board = self.board
        centre.watch.exercise_board = self.exercises = _Board()
        self.feed = BoardFeed(replace(centre), "en")

    def message(self, sight: Sight, after: int = -1, epoch: str | None = None) -> dict[str, Any]:
        text = self.feed.rows(sight, after, self.feed.epoch if epoch is None else epoch)
        assert text is not None
        found: dict[str, Any] = json.loads(text)
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def ids(message: dict[str, Any]) -> set[str]:
    return {row["id"] for row in message["rows"]}


def test_each_sight_gets_its_own(desk: Desk) -> None:
    desk.board.put(record("a", "E001"), record("b", "E002"), record("c", ""))
    assert desk.feed.update()
    assert ids(desk.message(ALL)) == {"a", "b", "c"}
    mine = desk.message(ONE)
    assert ids(mine) == {"a"}
    assert mine["all"] is True
    assert desk.feed.rows(ONE, mine["turn"], desk.feed.epoch) is None, "it has everything"


def test_only_what_changes_is_told_and_what_is_gone(desk: Desk) -> None:
    desk.board.put(record("a"), record("b"), record("x", "E002"))
    desk.feed.update()
    turn = desk.message(ONE)["turn"]
    desk.board.put(record("b", state=State.ACTIVE_ACKNOWLEDGED, acknowledged_by="li"))
    desk.board.end("a")
    desk.board.end("x")
    assert desk.feed.update()
    news = desk.message(ONE, turn)
    assert news["all"] is False
    assert [(row["id"], row.get("by")) for row in news["rows"]] == [("b", "li")]
    assert news["gone"] == ["a"], "nobody is told of what they never saw"
    assert not desk.feed.update(), "nothing is new"


def test_a_screen_of_another_life_gets_everything(desk: Desk) -> None:
    desk.board.put(record("a"))
    desk.feed.update()
    assert desk.message(ALL, 1, "other")["all"] is True
    assert desk.message(ALL, 99)["all"] is True


def test_counts_are_of_what_calls_and_newest_of_the_last_call(desk: Desk) -> None:
    desk.board.put(record("a", severity="red"), record("b"), record("s", shelved_by="li", shelved_until=9))
    desk.exercises.put(record("e", severity="red", exercise=True))
    desk.feed.update()
    counts = desk.feed.counts(ALL)
    assert counts.open == {"red": (1, 1), "orange": (1, 1)}
    first = counts.newest["orange"]
    desk.board.put(record("b", value=2.0))
    desk.feed.update()
    assert desk.feed.counts(ALL).newest["orange"] == first, "a new value is no new call"
    desk.board.put(record("b", severity="red", value=3.0))
    desk.feed.update()
    assert desk.feed.counts(ALL).newest["red"] > first, "what becomes worse calls anew"
    desk.board.put(record("b", severity="red", state=State.ACTIVE_ACKNOWLEDGED))
    desk.feed.update()
    assert desk.feed.counts(ALL).open["red"] == (1, 2)


def test_rows_say_why_nobody_is_called(desk: Desk) -> None:
    desk.board.put(
        record("s", shelved_by="li", shelved_until=9),
        record("o", override="v", override_kind="out_of_service"),
        record("d", suppressed_by="o"),
    )
    desk.feed.update()
    rows = {row["id"]: row for row in desk.message(ALL)["rows"]}
    assert {name: row["aside"] for name, row in rows.items()} == {
        "s": "shelved",
        "o": "out_of_service",
        "d": "suppressed",
    }


def test_names_come_anew_with_another_configuration(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.board.put(record("a", "E001"))
    desk.feed.update()
    before = desk.message(ALL)
    grounds = desk.feed._centre.grounds
    now = grounds.now()
    site = replace(now.site, enterprises={n: replace(e, name="Renamed") for n, e in now.site.enterprises.items()})
    other = replace(now, configured=replace(now.configured, site=site), facts=type(now.facts)(site, now.rules.values()))
    monkeypatch.setattr(grounds, "now", lambda: other)
    assert desk.feed.update()
    after = desk.message(ALL, before["turn"])
    assert after["rows"][0]["enterprise_name"] == "Renamed"
