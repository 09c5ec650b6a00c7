"""One history in a file and in PostgreSQL: the same rows in every table, and the same answers."""

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.core_runs import run_live
from support.postgres import fresh_address
from support.random_book import T0, steps_of_alarms
from support.random_cases import random_case

from alerts.channels.port import Outcome
from alerts.fold import Step
from alerts.kpi.columns import Period
from alerts.machine import State
from alerts.record import Policy
from alerts.targets import Target
from plant.entries import Position
from plant.site import Enterprise, Site
from tocsin.book import AlarmBook, BookReader, Commit, Outbox, books_differ, rebuild
from tocsin.book.channels import channel_records
from tocsin.book.incidents import incidents
from tocsin.book.listing import Wanted, list_alarms
from tocsin.book.outbox_rows import Again, Dead
from tocsin.book.outbox_tables import CARRIED
from tocsin.book.overridden import overrides
from tocsin.book.schema import open_reader
from tocsin.database import Database, Place
from tocsin.history.states.delivery import AttemptStates, delivery_lines
from tocsin.log.layout import BOOK
from tocsin.reports.delivery import delivery_report
from tocsin.reports.disposal import disposal_report
from tocsin.reports.kpi import kpi_report
from tocsin.reports.scope import scope_of
from tocsin.runtime.fold import in_groups
from tocsin.runtime.reading import fold_of_journal

Steps = list[tuple[Position, Step]]

HOUR_MS = 3_600_000
TARGETS = (Target("all"), Target("severe", "red"))
NOT_COMPARED = (*CARRIED, "kept", "parents", "quiet", "facts", "fact_names", "fact_chunks", "fact_spans", "meta")
"""By books_differ, for the log alone does not decide them, or others do."""
SITE = Site(
    name="x",
    timezone="UTC",
    centre=None,
    packs=(),
    enterprises={name: Enterprise(name, name, town) for name, town in (("E1", "A"), ("E2", "A"), ("E3", "B"))},
)


def write(place: Place, steps: Steps, size: int, seed: int) -> None:
    """Commit `size` steps at a time, and let a part of the notices be tried in between."""
    rng = Random(seed)
    book, outbox = AlarmBook.open_for_writing(place, TARGETS, durable=False), Outbox.open_for_writing(place)
    for begin in range(0, len(steps), size):
        some = steps[begin : begin + size]
        book.commit(some[-1][0] + 1, some, Policy())
        now_ms = T0 + begin
        for message in [m for target in TARGETS for m in outbox.due(target.name, now_ms, 3)]:
            outcome, fate = rng.choice(
                [
                    (Outcome(True, 200, "ok"), Dead()),
                    (Outcome(False, 500, "", "no"), Again(now_ms + 5)),
                    (Outcome(False), Dead()),
                ]
            )
            outbox.record(message, outcome, now_ms, {} if outcome.delivered else dict.fromkeys(message.rows, fate))
    outbox.requeue("all")
    outbox.give_up_unknown(["all"], T0)
    outbox.close()
    book.close()


def rows(db: Database, tables: tuple[str, ...]) -> dict[str, list[str]]:
    return {table: sorted(map(repr, db.execute(f"SELECT * FROM {table}"))) for table in tables}


def answers(db: Database, outbox: Outbox, shift: int) -> list[object]:
    """What readers make of a book."""
    book = BookReader(db)
    period = Period(T0, T0 + shift * HOUR_MS, (T0, T0 + shift * HOUR_MS))
    states = AttemptStates(0)
    found: list[object] = [
        book.alarms(list(State), 10),
        book.open_counts(),
        book.events(limit=10_000),
        book.actions(),
        book.actions("none"),
        outbox.backlog(),
        outbox.calls(state="dead"),
        outbox.dead_letters(),
        channel_records(db, T0),
        channel_records(db, 0, ["E1", "E3"]),
        incidents(db, 9, every=True),
        overrides(db, 9, every=True),
        states.changed(db),
        states.cursor,
        list(delivery_lines(db, ["mail"], T0, 1)),
        [outbox.proof(r.alarm) for r in book.alarms(list(State), 3)],
        outbox.proof_of_rule("gas", 0),
    ]
    for region in (None, "A"):
        scope = scope_of(SITE, region, None, None)
        found += [
            kpi_report(db, SITE, period, scope),
            delivery_report(db, SITE, period, scope),
            disposal_report(db, period, scope),
        ]
    for wanted in (Wanted(text="E1"), Wanted(list(State), ["red"], first_ms=T0, end_ms=T0 + HOUR_MS, rule="gas")):
        found.append(list_alarms(db, wanted, 5))
    return found


@settings(max_examples=4, suppress_health_check=[HealthCheck.too_slow])
@given(steps_of_alarms(), st.integers(1, 9), st.integers(0, 2**16))
def test_one_history_in_both(steps: Steps, size: int, seed: int) -> None:
    with TemporaryDirectory() as folder:
        places: tuple[Place, Place] = (Path(folder) / "book.sqlite", fresh_address())
        found = []
        for place in places:
            write(place, steps, size, seed)
            db, outbox = open_reader(place), Outbox.open_for_reading(place)
            found.append((rows(db, NOT_COMPARED), answers(db, outbox, 1 + seed % 3)))
            db.close()
            outbox.close()
        assert found[0][0] == found[1][0]
        for one, other in zip(found[0][1], found[1][1], strict=True):
            assert one == other
        assert books_differ(*places) == []


@pytest.mark.parametrize("seed", [6, 10])
def test_what_a_service_decided_is_booked_alike(tmp_path: Path, seed: int) -> None:
    """Rules, acts, overrides, incidents and disposals of a whole random run, committed again into PostgreSQL."""
    rng = Random(seed)
    live, _ = run_live(tmp_path / "live", random_case(rng, entries=80, points=5, rules=6), rng)
    live.core.close()
    reader, fold, first = fold_of_journal(live.data)
    commits = [c for group in in_groups(reader.read(first), most_entries=9) for c in fold.apply(group)]
    address = fresh_address()
    book = AlarmBook.open_for_writing(address)
    for position, steps, ground, clock_ms, times in [*commits, Commit(reader.end, [], fold.ground)]:
        book.commit(position, steps, ground, clock_ms, times)
    assert book.last_seq > 0
    book.close()
    assert books_differ(live.data / BOOK, address) == []
    assert rebuild(address, commits, first=first) == []


def test_books_of_both_kinds_that_differ_say_where(tmp_path: Path) -> None:
    places: tuple[Place, Place] = (tmp_path / "book.sqlite", fresh_address())
    for place, position in zip(places, (1, 2), strict=True):
        book = AlarmBook.open_for_writing(place)
        book.commit(position, [], Policy())
        book.connection.execute("INSERT INTO incident_alarms VALUES (?, 'i')", (f"a{position}",))
        book.close()
    assert books_differ(*places) == [
        "incident_alarms: only in book.sqlite: ('a1', 'i')",
        "incident_alarms: only in tocsin: ('a2', 'i')",
    ]
