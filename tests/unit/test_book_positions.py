"""Commits of a log whose positions have gaps, and what else belongs to a commit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.alarm_steps import ALARM, LATCHING, T0, action, engine_event
from support.books import Books

from tocsin.book import AlarmBook
from tocsin.book.times import EntryTimes
from tocsin.database import Database

HOUR_MS = 3_600_000


@given(st.integers(0, 9), st.lists(st.integers(0, 50)).map(sorted), st.integers(-1, 60), st.integers(-1, 60))
def test_without_gaps_both_forms_say_the_same(first: int, times: list[int], due: int, position: int) -> None:
    plain, listed = EntryTimes(first, times), EntryTimes.of(enumerate(times, first), first)
    assert plain.first_ms == listed.first_ms
    assert plain.entry_at(due) == listed.entry_at(due)
    assert plain.before(position) == listed.before(position)


def test_a_wait_ends_with_an_entry_that_is_there() -> None:
    times = EntryTimes.of([(3, 10), (7, 20), (19, 30)])
    assert [times.entry_at(due) for due in (5, 10, 11, 20, 29, 30, 31)] == [3, 3, 7, 7, 19, 19, 19]
    assert [times.before(position) for position in (3, 4, 7, 8, 19, 20, 99)] == [None, 10, 10, 20, 20, 30, 30]


def test_a_shelf_ends_at_the_entry_that_moves_the_clock_over_it(books: Books) -> None:
    book = AlarmBook.open_for_writing(books.place())
    until = T0 + HOUR_MS
    steps = [(4, engine_event("raised")), (9, action("shelve", T0 + 1, until_ms=until))]
    book.commit(10, steps, LATCHING, T0 + 1, EntryTimes.of([(4, T0), (9, T0 + 1)]))
    book.commit(31, [], LATCHING, until + 5, EntryTimes.of([(17, until - 1), (23, until + 5), (30, until + 5)]))
    assert book.position == 31
    assert [(e.position, e.numbered.event.event) for e in book.events_of(ALARM)][-1] == (23, "unshelved")
    book.close()


def test_what_belongs_to_a_commit_is_written_with_it_or_not_at_all(books: Books) -> None:
    book = AlarmBook.open_for_writing(books.place())

    def beside(db: Database) -> None:
        db.execute("INSERT INTO kept (part, key, form) VALUES ('beside', 'p', ?)", (str(book.position),))

    def breaks(db: Database) -> None:
        beside(db)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        book.commit(8, [(3, engine_event("raised"))], LATCHING, beside=breaks)
    assert (book.position, book.last_seq) == (0, 0)
    book.commit(8, [(3, engine_event("raised"))], LATCHING, beside=beside)
    assert book.last_seq == 1
    assert book.connection.execute("SELECT form FROM kept WHERE part = 'beside'").fetchall() == [("8",)]
    book.close()
