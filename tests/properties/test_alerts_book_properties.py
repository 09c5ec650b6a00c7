"""The alarm book is a fold: however its log is cut, repeated or folded anew, it is the same book."""

import tempfile
from collections.abc import Sequence
from functools import reduce
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from support.alarm_steps import LATCHING, step_streams

from alerts.fold import Step, fold
from alerts.machine import OPEN, UNACKNOWLEDGED, State
from alerts.record import AlarmRecord, NumberedEvent
from alerts.severity import severity_rank
from alerts.targets import Target
from plant.entries import OperatorAction, Position
from tocsin.book import AlarmBook, BookReader, Commit, books_differ, rebuild
from tocsin.book.schema import open_reader

Steps = list[tuple[Position, Step]]
END = 100
EVERYTHING = Target("all")
SEVERE = Target("severe", "red")

few = settings(max_examples=25, deadline=None)


def write(path: Path, steps: Steps, cuts: Sequence[Position] = (), targets: Sequence[Target] = ()) -> Path:
    """A book of the steps, committed in pieces that end at `cuts`."""
    book = AlarmBook.open_for_writing(path, targets, durable=False)
    for position in [*sorted(cuts), END]:
        book.commit(position, [s for s in steps if s[0] < position], LATCHING)
    book.close()
    return path


def fold_all(steps: Steps) -> tuple[dict[str, AlarmRecord], list[NumberedEvent]]:
    def take(
        done: tuple[dict[str, AlarmRecord], list[NumberedEvent]], step: Step
    ) -> tuple[dict[str, AlarmRecord], list[NumberedEvent]]:
        records, told = done
        record, events, _ = fold(records.get(step.alarm), step, LATCHING)
        return (records if record is None else records | {step.alarm: record}), [*told, *events]

    return reduce(take, (step for _, step in steps), ({}, []))


@given(step_streams())
def test_fold_invariants(steps: Steps) -> None:
    records, told = fold_all(steps)
    assert len({event.id for event in told}) == len(told)
    for alarm, record in records.items():
        numbers = [n for n, event in told if event.alarm == alarm]
        assert numbers == list(range(1, record.events + 1))
        assert severity_rank(record.severity) <= severity_rank(record.peak_severity)
        assert severity_rank(record.peak_severity) <= severity_rank(record.worst_severity)
        assert record.state is not State.NEW
        if record.state not in UNACKNOWLEDGED and record.state in OPEN:
            assert record.acknowledged_by is not None
            assert record.peak_level == record.level
        if record.state is State.CLOSED:
            assert record.shelved_until is None


@few
@given(step_streams(), st.lists(st.integers(0, 40), max_size=5))
def test_the_book_is_the_fold_and_cutting_its_commits_changes_nothing(steps: Steps, cuts: list[Position]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole = write(Path(folder) / "whole.sqlite", steps)
        cut = write(Path(folder) / "cut.sqlite", steps, cuts)
        assert books_differ(whole, cut) == []
        # A shelf ends by the clock, which the fold of one alarm does not know.
        plain = [s for s in steps if not (isinstance(s[1], OperatorAction) and s[1].action == "shelve")]
        book = BookReader.open_for_reading(write(Path(folder) / "plain.sqlite", plain))
        records, told = fold_all(plain)
        assert [booked.numbered for booked in book.events()] == told
        assert {r.alarm: r for r in book.alarms(list(State))} == records
        book.close()


@few
@given(step_streams(), st.lists(st.integers(0, 40), max_size=5), st.integers(0, 40))
def test_a_rebuilt_book_equals_the_kept_one_and_owes_the_same(
    steps: Steps, cuts: list[Position], first: Position
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        targets = (EVERYTHING, SEVERE)
        kept = write(Path(folder) / "kept.sqlite", steps, cuts, targets)
        again = write(Path(folder) / "book.sqlite", steps, cuts, targets)
        commits = [Commit(END, [s for s in steps if s[0] >= first], LATCHING)]
        assert rebuild(again, commits, targets, first) == []
        assert books_differ(kept, again) == []
        assert owed(again) == owed(kept)


@few
@given(step_streams(), st.integers(0, 40))
def test_a_book_left_behind_is_caught_up_by_a_rebuild(steps: Steps, reached: Position) -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole = write(Path(folder) / "whole.sqlite", steps, (), (EVERYTHING,))
        behind = Path(folder) / "book.sqlite"
        book = AlarmBook.open_for_writing(behind, (EVERYTHING,), durable=False)
        book.commit(reached, [s for s in steps if s[0] < reached], LATCHING)
        book.close()
        assert rebuild(behind, [Commit(END, steps, LATCHING)], (EVERYTHING,)) == []
        assert books_differ(whole, behind) == []
        assert owed(behind) == owed(whole)


def owed(path: Path) -> list[tuple[str, str]]:
    """(target, event id) of all that is due, one alarm's events in their order."""
    db = open_reader(path)
    rows = db.execute("SELECT channel, alarm || '.' || n FROM outbox WHERE state = 'due' ORDER BY seq").fetchall()
    db.close()
    return sorted(rows, key=lambda row: (row[0], row[1].partition(".")[0]))
