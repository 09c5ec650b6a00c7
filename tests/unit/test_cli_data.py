"""Commands on a data folder while no service runs: alarms, ack, export, quarantine, backup, restore, book rebuild."""

import json
import sqlite3
from pathlib import Path

import pytest
from support.command import tocsin
from support.data_folder import START_MS, Made, make_data_folder

from alerts.targets import Target
from ingest import quarantine_store
from ingest.quarantine import Quarantine
from ingest.reason import Reason
from plant.entries import OperatorAction
from tocsin.configuration import read_configuration
from tocsin.log.layout import BOOK, JOURNAL, QUARANTINE
from tocsin.log.lock import WriteLock
from tocsin.log.reader import JournalReader
from tocsin.runtime.core import Core


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return make_data_folder(tmp_path)


def actions(data: Path) -> list[OperatorAction]:
    reader = JournalReader.open(data / JOURNAL)
    return [entry for _, entry in reader.read(reader.first) if isinstance(entry, OperatorAction)]


def test_alarms_are_listed_as_a_table_and_as_json(made: Made) -> None:
    table = tocsin("alarms", "--data", made.data)
    assert table.code == 0
    assert made.alarm in table.out
    assert "dust-spark" in table.out
    ran = tocsin("alarms", "--data", made.data, "--json", "--limit", "1", "--state", "active_unacknowledged")
    (alarm,) = [json.loads(line) for line in ran.out.splitlines()]
    assert (alarm["alarm"], alarm["state"], alarm["raised_at"]) == (
        made.alarm,
        "active_unacknowledged",
        START_MS + 2000,
    )
    closed = tocsin("alarms", "--data", made.data, "--state", "closed")
    assert (closed.code, closed.out, closed.err) == (0, "", "no alarms\n")


def test_an_acknowledgement_goes_straight_to_the_log(made: Made) -> None:
    ran = tocsin("ack", made.alarm, "--by", "li.wei", "--comment", "on my way", "--data", made.data)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"{made.alarm}: acknowledge by li.wei; the alarm book takes it when the service starts\n"
    (action,) = actions(made.data)
    assert (action.action, action.alarm, action.by, action.comment) == (
        "acknowledge",
        made.alarm,
        "li.wei",
        "on my way",
    )
    twice = tocsin("ack", made.alarm, "--by", "li.wei", "--data", made.data)
    assert (twice.code, twice.out, twice.err) == (1, "", f"{made.alarm}: already acknowledged\n")
    assert len(actions(made.data)) == 1


def test_the_service_takes_it_from_the_log_and_tells_whom_it_owes(made: Made) -> None:
    assert tocsin("ack", made.alarm, "--by", "li.wei", "--data", made.data).code == 0
    assert owed(made.data) == 0
    configured = read_configuration(made.site)
    Core.open(made.data, configured, [Target("centre", "blue")], START_MS + 10_000).close()
    state = tocsin("alarms", "--data", made.data, "--json", "--state", "active_acknowledged")
    assert json.loads(state.out)["alarm"] == made.alarm
    assert owed(made.data) == 1, "the acknowledgement, and no alarm of silence for the time in which nobody listened"


def test_what_an_alarm_does_not_take_is_said_and_not_written(made: Made) -> None:
    unknown = tocsin("ack", "nosuchalarm", "--by", "li.wei", "--data", made.data)
    assert (unknown.code, unknown.err) == (1, "nosuchalarm: no such alarm\n")
    early = tocsin("reset", made.alarm, "--by", "li.wei", "--data", made.data)
    assert (early.code, early.err) == (1, f"{made.alarm}: its condition is still on\n")
    assert actions(made.data) == []


def test_a_second_writer_is_told_who_is_first(made: Made) -> None:
    lock = WriteLock(made.data / JOURNAL)
    try:
        for call in (("ack", made.alarm, "--by", "li"), ("book", "rebuild")):
            ran = tocsin(*call, "--data", made.data)
            assert ran.code == 2
            assert "already writes this journal, allowed is one writer" in ran.err
        for reading in ("alarms", "quarantine"):
            assert tocsin(reading, "--data", made.data).code == 0
        assert tocsin("replay", "--journal", made.data).code == 0
    finally:
        lock.release()


def test_export_takes_a_window(made: Made, tmp_path: Path) -> None:
    feed, events = tmp_path / "f.csv", tmp_path / "e.jsonl"
    window = ("--from", START_MS + 2500, "--to", START_MS + 60_000)
    assert tocsin("export", "readings", "--data", made.data, "--out", feed, *window).err == f"1 readings in {feed}\n"
    assert feed.read_text().splitlines()[1].startswith(f"E002-SPARK-01,{START_MS + 3000},")
    ran = tocsin("export", "events", "--data", made.data, "--out", events, *window)
    assert (ran.code, events.read_text()) == (0, ""), "the alarm was raised before"


def test_export_where_it_cannot_write(made: Made, tmp_path: Path) -> None:
    for what in ("readings", "events"):
        ran = tocsin("export", what, "--data", made.data, "--out", tmp_path / "no" / "such" / "f")
        assert ran.code == 2
        assert ran.err.startswith(f"tocsin: {tmp_path}/no/such/f")
        assert len(ran.mistakes) == 1


def test_the_quarantine_is_shown(made: Made) -> None:
    assert tocsin("quarantine", "--data", made.data).err == "nothing was set aside\n"
    quarantine = Quarantine()
    quarantine.record("tocsin/v1/E001/d/up", Reason.NOT_JSON, b"\xffnonsense [red]", "", START_MS)
    quarantine_store.save(quarantine, made.data / QUARANTINE, START_MS)
    ran = tocsin("quarantine", "--data", made.data)
    assert ran.code == 0
    for part in ("not_json", "tocsin/v1/E001/d/up", r"\xffnonsense [red]"):
        assert part in ran.out
    (made.data / QUARANTINE).write_text("{")
    broken = tocsin("quarantine", "--data", made.data)
    assert (broken.code, len(broken.mistakes)) == (2, 1)
    assert "not a quarantine file" in broken.err


def test_a_backup_restores_to_the_same_events(made: Made, tmp_path: Path) -> None:
    archive, restored = tmp_path / "b.tar.gz", tmp_path / "restored"
    assert tocsin("backup", archive, "--data", made.data).out.startswith(f"{archive}: ")
    assert tocsin("restore", archive, restored).out.startswith(f"{restored}: ")
    assert tocsin("replay", "--journal", restored).out == tocsin("replay", "--journal", made.data).out
    again = tocsin("restore", archive, restored)
    assert (again.code, len(again.mistakes)) == (2, 1)
    assert "not an empty folder" in again.err
    archive.write_bytes(archive.read_bytes()[:-100])
    cut = tocsin("restore", archive, tmp_path / "other")
    assert (cut.code, len(cut.mistakes)) == (2, 1)


def test_a_rebuilt_book_is_as_kept(made: Made) -> None:
    ran = tocsin("book", "rebuild", "--data", made.data)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("as kept\n")
    db = sqlite3.connect(made.data / BOOK)
    db.execute("UPDATE alarms SET state = 'closed'")
    db.commit()
    db.close()
    mended = tocsin("book", "rebuild", "--data", made.data)
    assert mended.code == 1
    assert any(line.startswith("alarms: only in ") for line in mended.mistakes)
    assert made.alarm in tocsin("alarms", "--data", made.data).out


def test_a_lost_book_is_made_anew_and_its_alarms_owed_again(made: Made, tmp_path: Path) -> None:
    (made.data / BOOK).unlink()
    lost = tocsin("alarms", "--data", made.data)
    assert (lost.code, lost.err) == (2, f"tocsin: {made.data / BOOK}: there is no alarm book\n")
    told = tocsin("book", "rebuild", "--data", made.data)
    assert told.code == 0
    assert told.err == f"{made.data / BOOK}: not there, and no --config: nobody is told of its alarms again\n"
    assert owed(made.data) == 0

    (made.data / BOOK).unlink()
    config = tmp_path / "tocsin.toml"
    config.write_text('site = "site"\n[[webhook]]\nurl = "https://example.org/"\nsecret_file = "w"\n')
    assert tocsin("book", "rebuild", "--data", made.data, "--config", config).code == 0
    assert owed(made.data) == 1


def test_a_rebuild_leaves_to_the_service_what_the_book_had_not_reached(made: Made) -> None:
    assert tocsin("ack", made.alarm, "--by", "li", "--data", made.data).code == 0
    ran = tocsin("book", "rebuild", "--data", made.data)
    assert (ran.code, ran.out.endswith("as kept\n")) == (0, True)
    assert made.alarm in tocsin("alarms", "--data", made.data, "--state", "active_unacknowledged").out


def test_a_book_that_is_none_is_one_line(made: Made) -> None:
    (made.data / BOOK).write_bytes(b"no database at all" * 100)
    for call in (("alarms",), ("ack", made.alarm, "--by", "li"), ("book", "rebuild")):
        ran = tocsin(*call, "--data", made.data)
        assert (ran.code, len(ran.mistakes)) == (2, 1), ran.err
        assert "book.sqlite" in ran.err


def owed(data: Path) -> int:
    db = sqlite3.connect(data / BOOK)
    try:
        (count,) = db.execute("SELECT count(*) FROM outbox WHERE state = 'due'").fetchone()
        return int(count)
    finally:
        db.close()
