"""Rebuilding the alarm book: what is carried over, and what is said when it can't be done."""

from pathlib import Path

import pytest
from support.alarm_steps import ALARM, LATCHING, T0, action, engine_event
from support.books import Books
from support.old_books import make_version_2

from alerts.channels.port import Outcome
from alerts.machine import State
from alerts.targets import Target
from tocsin.book import AlarmBook, BookError, BookReader, Commit, Outbox, books_differ, rebuild
from tocsin.book.outbox_rows import Dead
from tocsin.book.schema import exists, open_writer
from tocsin.database import Place

STEPS = [(0, engine_event("raised")), (1, engine_event("cleared", T0 + 1)), (2, action("acknowledge", T0 + 2))]
LOG = [Commit(3, STEPS, LATCHING)]
TARGETS = [Target("a")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The same in a file."""
    path = tmp_path / "book.sqlite"
    fill(path)
    return path


@pytest.fixture
def place(books: Books) -> Place:
    """A book of three events: the first delivered, the second given up, the third owed."""
    fill(books.place())
    return books.place()


def fill(path: Place) -> None:
    book = AlarmBook.open_for_writing(path, TARGETS)
    book.commit(3, STEPS, LATCHING)
    book.close()
    outbox = Outbox.open_for_writing(path)
    outbox.record(outbox.due("a", T0, 9)[0], Outcome(True, 204), T0, {})
    (second,) = outbox.due("a", T0, 9)
    outbox.record(second, Outcome(False, 500, "", "HTTP 500"), T0, {second.rows[0]: Dead()})
    outbox.close()


def notices(path: Place) -> tuple[list[str], list[str], list[str]]:
    """Ids that are owed, given up, and tried."""
    outbox = Outbox.open_for_reading(path)
    try:
        tried = [d.event_id for n in (1, 2, 3) for d in outbox.deliveries(f"{ALARM}.{n}")]
        return [d.id for d in outbox.due("a", T0, 9)], [d.event_id for d in outbox.dead_letters()], tried
    finally:
        outbox.close()


def test_deliveries_are_carried_over_so_that_nothing_is_sent_twice(place: Place) -> None:
    before = notices(place)
    assert before == ([f"{ALARM}.3"], [f"{ALARM}.2"], [f"{ALARM}.1", f"{ALARM}.2"])
    assert rebuild(place, LOG, TARGETS) == []
    assert notices(place) == before
    if isinstance(place, Path):
        assert not list(place.parent.glob("*rebuilt*"))


def test_what_a_book_of_version_2_owes_and_tried_is_taken_over(path: Path) -> None:
    before = notices(path)
    make_version_2(path)
    with pytest.raises(BookError, match="book of version 2: the service brings it up to 3"):
        Outbox.open_for_reading(path)
    assert rebuild(path, LOG, TARGETS) == []
    assert notices(path) == before
    make_version_2(path)
    AlarmBook.open_for_writing(path, TARGETS).close()
    assert notices(path) == before
    outbox = Outbox.open_for_reading(path)
    assert [(d.target, d.attempt, d.status) for d in outbox.deliveries(f"{ALARM}.2")] == [("a", 1, 500)]
    outbox.close()


def test_a_damaged_row_is_reported_and_mended(place: Place) -> None:
    db = open_writer(place)
    db.execute("UPDATE events SET form = replace(form, '26.5', '99.9') WHERE n = 1")
    db.execute("DELETE FROM events WHERE n = 2")
    db.close()
    lines = rebuild(place, LOG, TARGETS)
    assert any(f"events: only in {place.name}:" in line and "99.9" in line for line in lines)
    assert any("events: only in" in line and "rebuilt:" in line and "cleared" in line for line in lines)
    assert rebuild(place, LOG, TARGETS) == []


def test_without_a_kept_book_everything_is_owed(books: Books) -> None:
    path = books.place("none")
    assert rebuild(path, LOG, TARGETS) == []
    reader = BookReader.open_for_reading(path)
    assert [e.numbered.n for e in reader.events()] == [1, 2, 3]
    reader.close()
    assert notices(path) == ([f"{ALARM}.1"], [], [])


def test_what_the_log_has_dropped_comes_from_the_kept_book(books: Books, place: Place) -> None:
    whole = books.place("whole")
    fill(whole)
    assert rebuild(place, [Commit(3, STEPS[2:], LATCHING)], TARGETS, first=2) == []
    assert books_differ(whole, place) == []
    assert notices(whole) == notices(place)


def test_a_gap_between_book_and_log_is_refused_unless_allowed(books: Books) -> None:
    path = books.place("none")
    commits = [Commit(3, STEPS[1:], LATCHING)]
    with pytest.raises(BookError, match="ends at entry 0, the log starts at 1: a gap"):
        rebuild(path, commits, TARGETS, first=1)
    assert not exists(path)
    rebuild(path, commits, TARGETS, first=1, allow_gap=True)
    reader = BookReader.open_for_reading(path)
    assert [r.state for r in reader.alarms([State.CLOSED])] == [State.CLOSED], "taken in without its raising"
    reader.close()


def test_a_kept_book_that_ends_before_the_log_starts(place: Place) -> None:
    commits = [Commit(9, [(8, engine_event("raised", T0 + 9, raised_at=T0 + 9))], LATCHING)]
    with pytest.raises(BookError, match="ends at entry 3, the log starts at 8"):
        rebuild(place, commits, TARGETS, first=8)
    rebuild(place, commits, TARGETS, first=8, allow_gap=True)
    reader = BookReader.open_for_reading(place)
    assert (reader.position, reader.last_seq) == (9, 4)
    reader.close()


def test_a_book_in_use_is_refused_and_stays(place: Place) -> None:
    book = AlarmBook.open_for_writing(place)
    assert book.position == 3
    with pytest.raises(BookError, match="in use"):
        rebuild(place, LOG, TARGETS)
    assert book.position == 3
    book.close()
    assert rebuild(place, LOG, TARGETS) == []


def test_an_error_in_the_log_leaves_the_kept_book(place: Place) -> None:
    with pytest.raises(ValueError, match="a step of entry 2"):
        rebuild(place, [Commit(2, STEPS, LATCHING)], TARGETS)
    book = AlarmBook.open_for_writing(place)
    assert book.position == 3
    book.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite"
    path.write_bytes(b"alarm,state\n" * 400)
    with pytest.raises(BookError, match="move the file away"):
        rebuild(path, LOG, TARGETS)


def test_books_that_differ_say_where(books: Books) -> None:
    paths = [books.place("a"), books.place("b")]
    for path, steps in zip(paths, (STEPS, STEPS[:2]), strict=True):
        book = AlarmBook.open_for_writing(path)
        book.commit(3, steps, LATCHING)
        book.close()
    lines = books_differ(*paths)
    assert [line.split(" (")[0].replace(".sqlite", "") for line in lines] == [
        "alarms: only in a:",
        "alarms: only in b:",
        "events: only in a:",
        "actions: only in a:",
        "audit: only in a:",
    ]
