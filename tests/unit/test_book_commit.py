"""The alarm book: one commit is all or nothing, and what can be asked of it."""

import sqlite3
from pathlib import Path

import pytest
from support.alarm_steps import ALARM, LATCHING, T0, action, engine_event
from support.books import Books

from alerts.machine import State
from alerts.record import Policy
from alerts.targets import Target
from tocsin.book import AlarmBook, BookError, BookReader, Outbox
from tocsin.book.schema import open_writer
from tocsin.database import DATABASE_ERRORS, Place

RAISED = engine_event("raised")
CLEARED = engine_event("cleared", T0 + 1000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "book.sqlite"


@pytest.fixture
def place(books: Books) -> Place:
    return books.place()


def test_what_was_committed_is_there_after_opening_again(place: Place) -> None:
    book = AlarmBook.open_for_writing(place)
    done = book.commit(7, [(3, RAISED), (5, action("acknowledge", T0 + 500))], LATCHING)
    assert [e.id for e in done.events] == [f"{ALARM}.1", f"{ALARM}.2"]
    book.close()
    again = AlarmBook.open_for_writing(place)
    assert again.position == 7
    record = again.alarm(ALARM)
    assert record is not None
    assert record.state is State.ACTIVE_ACKNOWLEDGED
    assert [(e.seq, e.position, e.numbered) for e in again.events()] == [
        (1, 3, done.events[0]),
        (2, 5, done.events[1]),
    ]
    assert again.events()[0].numbered.event == RAISED, "with its readings and times"
    again.close()


def test_a_commit_done_twice_does_nothing_twice(place: Place) -> None:
    book = AlarmBook.open_for_writing(place, [Target("a")])
    steps = [(0, RAISED), (1, CLEARED)]
    assert book.commit(2, steps, LATCHING).queued == 2
    assert book.commit(2, steps, LATCHING) == ((), (), 0)
    done = book.commit(3, [*steps, (2, action("acknowledge", T0 + 2000))], LATCHING)
    assert [e.id for e in done.events] == [f"{ALARM}.3"]
    assert book.position == 3


def test_the_position_moves_without_steps_and_never_back(place: Place) -> None:
    book = AlarmBook.open_for_writing(place)
    book.commit(10, [], LATCHING)
    book.commit(4, [(3, RAISED)], LATCHING)
    assert (book.position, book.events()) == (10, [])


def test_a_step_beyond_the_commit_is_an_error_and_changes_nothing(place: Place) -> None:
    book = AlarmBook.open_for_writing(place)
    with pytest.raises(ValueError, match="a step of entry 2 in a commit up to 2"):
        book.commit(2, [(0, RAISED), (2, CLEARED)], LATCHING)
    assert (book.position, book.events(), book.alarms()) == (0, [], [])
    assert len(book.commit(3, [(0, RAISED), (2, CLEARED)], LATCHING).events) == 2


def test_an_error_in_the_middle_changes_nothing(place: Place) -> None:
    book = AlarmBook.open_for_writing(place, [Target("a")])

    def breaks(rule: str, level: str) -> bool:
        if level == "hh":
            raise LookupError(rule)
        return False

    steps = [(0, RAISED), (1, engine_event("upgraded", T0 + 1, "hh"))]
    with pytest.raises(LookupError):
        book.commit(2, steps, Policy(latches=breaks))
    assert (book.position, book.alarms()) == (0, [])
    assert book.commit(2, steps, LATCHING).queued == 2


def test_refused_steps_are_kept_with_their_reason(place: Place) -> None:
    book = AlarmBook.open_for_writing(place)
    done = book.commit(
        5,
        [
            (0, action("acknowledge", alarm="nosuchalarm00000", comment="?")),
            (1, RAISED),
            (2, RAISED),
            (3, action("comment", comment="valve closed")),
            (4, action("reset")),
        ],
        LATCHING,
    )
    assert [(r.position, r.reason) for r in done.refused] == [
        (0, "no such alarm"),
        (2, "the alarm was raised before"),
        (4, "its condition is still on"),
    ]
    assert [(a.position, a.refused) for a in book.actions()] == [
        (4, "its condition is still on"),
        (3, None),
        (0, "no such alarm"),
    ]
    assert [a.action.comment for a in book.actions(ALARM)] == ["", "valve closed"]
    answer = book.action_at(0)
    assert answer is not None
    assert answer.action == action("acknowledge", alarm="nosuchalarm00000", comment="?")
    assert book.action_at(1) is None
    assert [(r.position, r.reason) for r in book.refused_events()] == [(2, "the alarm was raised before")]


def test_a_target_hears_all_of_an_alarm_from_its_severity_on(place: Place) -> None:
    book = AlarmBook.open_for_writing(place, [Target("all"), Target("severe", "red")])
    assert book.commit(1, [(0, RAISED)], LATCHING).queued == 1
    assert book.commit(2, [(1, engine_event("upgraded", T0 + 1, "hh"))], LATCHING).queued == 2
    assert book.commit(3, [(2, engine_event("downgraded", T0 + 2, "h"))], LATCHING).queued == 2
    assert book.commit(4, [(3, engine_event("cleared", T0 + 3, "h"))], LATCHING).queued == 2


def test_queries(place: Place) -> None:
    book = AlarmBook.open_for_writing(place)
    steps = [(i, engine_event("raised", T0 + i, subject=f"E001-P{i}", raised_at=T0 + i)) for i in range(4)]
    book.commit(4, steps, LATCHING)
    alarm = steps[0][1].alarm
    book.commit(5, [(4, engine_event("cleared", T0 + 9, subject="E001-P0"))], LATCHING)
    book.commit(6, [(5, action("acknowledge", T0 + 10, alarm))], LATCHING)
    assert [r.subject for r in book.alarms()] == ["E001-P3", "E001-P2", "E001-P1"]
    assert [r.subject for r in book.alarms(limit=1, offset=1)] == ["E001-P2"]
    assert [r.subject for r in book.alarms([State.CLOSED])] == ["E001-P0"]
    assert book.open_counts() == {(State.ACTIVE_UNACKNOWLEDGED, "orange"): 3}
    assert [e.numbered.event.event for e in book.events_of(alarm)] == ["raised", "cleared", "acknowledged"]
    assert [seq for seq, _, _ in book.events_since(4, 10)] == [5, 6]
    assert [e.seq for e in book.events(after=1, limit=2)] == [2, 3]
    assert book.last_seq == 6
    assert book.alarm("nosuchalarm00000") is None


def test_two_targets_of_one_name_are_an_error(place: Place) -> None:
    with pytest.raises(ValueError, match="two targets of one name"):
        AlarmBook.open_for_writing(place, [Target("a"), Target("a", "red")])


def test_reading_while_it_is_written_and_only_reading(place: Place) -> None:
    book = AlarmBook.open_for_writing(place)
    reader = BookReader.open_for_reading(place)
    book.commit(1, [(0, RAISED)], LATCHING)
    assert [r.alarm for r in reader.alarms()] == [ALARM]
    outbox = Outbox.open_for_reading(place)
    with pytest.raises(DATABASE_ERRORS, match=r"read-?only"):
        outbox.requeue("a")
    outbox.close()
    reader.close()
    book.close()
    assert BookReader.open_for_reading(place).position == 1, "also when nobody writes"


def test_no_book(books: Books) -> None:
    with pytest.raises(BookError, match="there is no alarm book"):
        BookReader.open_for_reading(books.place("none"))


def test_a_file_of_another_kind(path: Path) -> None:
    path.parent.mkdir()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE things (thing TEXT)")
    db.close()
    with pytest.raises(BookError, match="not an alarm book"):
        BookReader.open_for_reading(path)
    with pytest.raises(BookError, match="not an alarm book"):
        AlarmBook.open_for_writing(path)


def test_a_file_that_is_no_database(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"alarm,state\n" * 400)
    with pytest.raises(BookError, match="not a database"):
        AlarmBook.open_for_writing(path)
    with pytest.raises(BookError, match="not a database"):
        BookReader.open_for_reading(path)


def test_a_book_of_another_version(place: Place) -> None:
    AlarmBook.open_for_writing(place).close()
    db = open_writer(place)
    db.execute("UPDATE meta SET value = 99 WHERE key = 'schema_version'")
    db.close()
    with pytest.raises(BookError, match="version 99"):
        AlarmBook.open_for_writing(place)


def test_a_full_disk_changes_nothing_and_a_later_commit_goes_on(path: Path) -> None:
    book = AlarmBook.open_for_writing(path, [Target("a")])
    pages = book.connection.execute("PRAGMA page_count").fetchone()[0]
    book.connection.execute(f"PRAGMA max_page_count = {pages}")
    steps = [(i, engine_event("raised", subject=f"E001-P{i}")) for i in range(500)]
    with pytest.raises(sqlite3.OperationalError, match="full"):
        book.commit(500, steps, LATCHING)
    assert (book.position, book.events()) == (0, [])
    book.connection.execute("PRAGMA max_page_count = 1000000")
    assert book.commit(500, steps, LATCHING).queued == 500
