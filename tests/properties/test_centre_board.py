"""The board that screens share is the book's open alarms, however it is looked at in between."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_book import steps_of_alarms

from alerts.fold import Step
from alerts.record import AlarmRecord, Policy
from plant.entries import Position
from tocsin.book import AlarmBook, BookReader
from tocsin.centre.board import Board, Changes
from tocsin.log.layout import BOOK


def applied(shown: dict[str, AlarmRecord], changes: Changes) -> dict[str, AlarmRecord]:
    """What a screen does with changes."""
    kept = {} if changes.all else {alarm: r for alarm, r in shown.items() if alarm not in changes.gone}
    return kept | {record.alarm: record for record in changes.changed}


@settings(max_examples=60)
@given(steps_of_alarms(), st.data())
def test_screens_that_follow_changes_show_the_books_open_alarms(
    steps: list[tuple[Position, Step]], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / BOOK
        book = AlarmBook.open_for_writing(path, durable=False)
        board, reader = Board(lambda: path), BookReader.open_for_reading(path)
        often: dict[str, AlarmRecord] = {}
        seldom: dict[str, AlarmRecord] = {}
        often_turn = seldom_turn = 0
        now_s = 0.0
        at = 0
        while at < len(steps):
            size = data.draw(st.integers(1, 6))
            some = steps[at : at + size]
            at += size
            book.commit(some[-1][0] + 1, some, Policy())
            now_s += data.draw(st.sampled_from([0.2, 5.0]))
            board.poll(now_s)
            truth = {record.alarm: record for record in reader.alarms(limit=10_000)}
            assert {record.alarm: record for record in board.records()} == truth
            assert board.last_seq == reader.last_seq
            changes = board.changes(often_turn)
            often, often_turn = applied(often, changes), changes.turn
            assert often == truth
            if data.draw(st.booleans()):
                changes = board.changes(seldom_turn)
                seldom, seldom_turn = applied(seldom, changes), changes.turn
                assert seldom == truth
        board.close()
        reader.close()
        book.close()


def test_a_look_at_an_unchanged_book_finds_nothing(tmp_path: Path) -> None:
    AlarmBook.open_for_writing(tmp_path / BOOK, durable=False).close()
    board = Board(lambda: tmp_path / BOOK)
    board.poll(0.0)
    assert not board.poll(0.1)
    assert board.changes(0) == Changes(0, (), (), True)
    board.close()
