"""Disposals in the book's file: what is read back is what was decided."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from support.alarm_steps import T0
from support.books import Books
from support.disposing import Bench

from alerts.disposal.machine import DisposalState
from alerts.disposal.record import DisposalChanged
from tocsin.book.disposals import (
    disposals,
    disposals_of,
    evidence_of,
    load_disposals,
    steps_of,
    write_disposals,
)
from tocsin.book.schema import open_writer
from tocsin.database import Database

HOUR = 3_600_000


@pytest.fixture
def db(books: Books) -> Iterator[Database]:
    with closing(open_writer(books.place(), durable=False)) as connection:
        yield connection


def written(db: Database, bench: Bench) -> None:
    write_disposals(db, [effect for effect in bench.effects if isinstance(effect, DisposalChanged)])
    bench.effects.clear()


def test_loaded_they_are_what_they_were(db: Database) -> None:
    bench = Bench()
    alarm = bench.raised()
    written(db, bench)
    bench.cleared(alarm, T0 + 1)
    bench.close(alarm, T0 + 2)
    written(db, bench)
    loaded = load_disposals(db)
    assert loaded.of(alarm) == bench.of(alarm)
    assert loaded.next_due == bench.disposals.next_due == T0 + 2 + 24 * HOUR
    bench.pass_time(T0 + 2 + 24 * HOUR)
    written(db, bench)
    assert len(load_disposals(db).kept) == 0
    (final,) = disposals_of(db, alarm)
    assert [step.n for step in steps_of(db, final)] == [*range(1, final.steps + 1)]
    assert [step.name for step in steps_of(db, final)][-2:] == ["close", "final"]


def test_asked_for_by_alarm_state_and_enterprise(db: Database) -> None:
    bench = Bench()
    alarm = bench.raised()
    bench.cleared(alarm, T0 + 1)
    bench.act("start", alarm, T0 + 1)
    bench.act("evidence", alarm, T0 + 2, "zhao", name="a.jpg", sha256="ab" * 32, bytes="12")
    bench.act("cause", alarm, T0 + 2, code="test")
    bench.act("submit", alarm, T0 + 2)
    bench.act("verify", alarm, T0 + 3, "li")
    bench.act("close", alarm, T0 + 3, "li")
    back = bench.raised(T0 + HOUR)
    bench.cleared(back, T0 + HOUR + 1)
    bench.close(back, T0 + HOUR + 2)
    bench.pass_time(T0 + 30 * HOUR)
    later = bench.raised(T0 + 30 * HOUR)
    written(db, bench)
    assert [r.alarm for r in disposals(db)] == [later]
    assert [r.alarm for r in disposals(db, [DisposalState.CLOSED])] == [alarm]
    assert [r.alarm for r in disposals(db, list(DisposalState))] == [later, alarm]
    assert disposals(db, list(DisposalState), "E009") == []
    assert disposals(db, list(DisposalState), "E001", limit=1)[0].alarm == later
    assert disposals_of(db, back) == disposals_of(db, alarm)
    (piece,) = evidence_of(db)
    assert (piece.alarm, piece.by, piece.name, piece.bytes) == (alarm, "zhao", "a.jpg", 12)
