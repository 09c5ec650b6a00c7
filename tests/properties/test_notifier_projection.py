"""The alarm book made from the topic `steps` is the one that the embedded service makes from its log."""

from pathlib import Path
from random import Random
from typing import Any

import pytest
from support.random_cases import random_case
from support.steps_log import Played, among_shards, book_embedded, book_records, play, position_of, travelled

from plant.entries import Configuration, OperatorAction
from rules.events import AlarmEvent
from tocsin.book import books_differ
from tocsin.book.schema import open_reader
from tocsin.kafka.steps import Steps
from tocsin.notifier.kept import answer


def played(folder: Path, seed: int) -> Played:
    rng = Random(seed)
    return play(folder / "live", random_case(rng, entries=70, points=5, rules=6), rng)


def owed(path: Path) -> list[Any]:
    db = open_reader(path)
    try:
        return db.execute("SELECT channel, alarm, n FROM outbox ORDER BY 1, 2, 3").fetchall()
    finally:
        db.close()


def told(path: Path) -> dict[str, list[Any]]:
    """What stands of each alarm, whatever else happened meanwhile: its record, and its events in order."""
    db = open_reader(path)
    try:
        found: dict[str, list[Any]] = {}
        for alarm, record in db.execute("SELECT alarm, record FROM alarms"):
            query = "SELECT n, name, at, received_at, form FROM events WHERE alarm = ? ORDER BY n"
            events = db.execute(query, (alarm,))
            found[alarm] = [record, *events.fetchall()]
        return found
    finally:
        db.close()


@pytest.mark.parametrize("seed", range(6))
def test_one_shard_gives_the_book_of_the_embedded_service(tmp_path: Path, seed: int) -> None:
    run = played(tmp_path, seed)
    book_embedded(tmp_path / "embedded.sqlite", run.commits)
    book_records(tmp_path / "steps.sqlite", run, travelled(run.records))
    assert books_differ(tmp_path / "embedded.sqlite", tmp_path / "steps.sqlite") == []
    assert owed(tmp_path / "embedded.sqlite") == owed(tmp_path / "steps.sqlite")


@pytest.mark.parametrize("seed", range(5))
def test_however_it_is_cut_and_stopped_the_book_is_the_same(tmp_path: Path, seed: int) -> None:
    rng = Random(seed)
    run = played(tmp_path, seed)
    # One shard is far ahead at times: waits end by its clock, and what the other tells comes late.
    records = travelled(among_shards(run.records, rng, ahead=15), gaps=rng)
    book_records(tmp_path / "whole.sqlite", run, records)
    book_records(tmp_path / "cut.sqlite", run, records, rng)
    assert books_differ(tmp_path / "whole.sqlite", tmp_path / "cut.sqlite") == []
    assert owed(tmp_path / "whole.sqlite") == owed(tmp_path / "cut.sqlite")


@pytest.mark.parametrize("seed", range(5))
def test_shards_in_any_order_give_each_alarm_the_same_record(tmp_path: Path, seed: int) -> None:
    rng = Random(seed)
    run = played(tmp_path, seed)
    # A shelf ends by the clock that all shards share, so it may end earlier beside a shard that is ahead.
    records = [
        Steps(r.shard, r.offset, r.clock_ms, tuple(s for s in r.steps if getattr(s, "action", "") != "shelve"))
        for r in run.records
    ]
    orders = [among_shards(records, rng, ahead=ahead) for ahead in (1, 5, len(records))]
    books = []
    for i, order in enumerate(orders):
        book_records(tmp_path / f"{i}.sqlite", run, travelled(order))
        books.append(told(tmp_path / f"{i}.sqlite"))
    assert books[0] == books[1] == books[2]


def test_a_record_that_comes_twice_is_taken_once(tmp_path: Path) -> None:
    run = played(tmp_path, 3)
    book_records(tmp_path / "once.sqlite", run, travelled(run.records))
    again = [*run.records, *run.records[10:]]
    book_records(tmp_path / "twice.sqlite", run, travelled(again))
    assert books_differ(tmp_path / "once.sqlite", tmp_path / "twice.sqlite") == []
    assert owed(tmp_path / "once.sqlite") == owed(tmp_path / "twice.sqlite")


def test_an_entry_that_came_to_several_records_is_taken_whole_wherever_it_stops(tmp_path: Path) -> None:
    run = played(tmp_path, 3)
    told_of = [r for r in run.records if r.steps and all(isinstance(step, AlarmEvent) for step in r.steps)]
    told_of.insert(0, next(r for r in run.records if any(isinstance(step, Configuration) for step in r.steps)))
    pairs = list(zip(told_of[::2], told_of[1::2], strict=False))
    assert len(pairs) > 3
    whole = [later._replace(steps=earlier.steps + later.steps) for earlier, later in pairs]
    parts = [part for earlier, later in pairs for part in (later._replace(steps=earlier.steps), later._replace(part=1))]
    book_records(tmp_path / "one.sqlite", run, travelled(whole))
    book_records(tmp_path / "parts.sqlite", run, travelled(parts), Random(3))
    assert told(tmp_path / "one.sqlite") == told(tmp_path / "parts.sqlite")
    assert len(owed(tmp_path / "one.sqlite")) == len(owed(tmp_path / "parts.sqlite"))


def test_who_acted_finds_the_answer_by_where_the_act_was_written(tmp_path: Path) -> None:
    run = played(tmp_path, 1)
    records = travelled(run.records, gaps=Random(1))
    book_records(tmp_path / "book.sqlite", run, records)
    acts = [(r.offset, step) for r in run.records for step in r.steps if isinstance(step, OperatorAction)]
    db = open_reader(tmp_path / "book.sqlite")
    try:
        refused = dict(db.execute("SELECT position, refused FROM audit").fetchall())
        assert acts
        for entry, _ in acts:
            position = position_of(records, 0, entry)
            assert answer(db, 0, entry) == (position, refused[position] or None)
        assert answer(db, 0, 1_000_000) is None
        assert answer(db, 1, acts[0][0]) is None
    finally:
        db.close()
