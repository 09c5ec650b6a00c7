"""Facts of alarms and lists of them, against the alarms and events that the book has."""

import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_book import T0, event_of, steps_of_alarms, write_book

from alerts.fold import Step
from alerts.machine import ACTIVE, State
from alerts.record import AlarmRecord
from alerts.severity import severity_rank
from plant.entries import OperatorAction, Position
from tocsin.book import BookReader
from tocsin.book.facts import BY_ENTERPRISE, HISTORICAL, NEVER, STATES, fill_facts, read_facts, read_names
from tocsin.book.listing import Wanted, list_alarms
from tocsin.book.schema import open_reader, open_writer

Steps = list[tuple[Position, Step]]


def facts_of(path: Path) -> dict[str, tuple[object, ...]]:
    """By alarm: what its row says, in words."""
    db = open_reader(path)
    try:
        facts = read_facts(db)
        numbers = {int(n) for name in ("rule", "enterprise", "source") for n in facts[name]}
        names = read_names(db, numbers)
        alarms = dict(db.execute("SELECT slot, alarm FROM facts"))
        assert sorted(alarms) == facts.slot.tolist()
        times = ("raised_at", "received_at", "cleared_at", "acknowledged_at", "answered_at")
        return {
            alarms[slot]: (
                *(int(facts[name][i]) for name in times),
                names[int(facts["rule"][i])],
                names[int(facts["enterprise"][i])],
                names[int(facts["source"][i])].replace("\x1f", "/"),
                int(facts["severity"][i]),
                int(facts["now"][i]),
                STATES[facts["state"][i]],
                bool(facts["flags"][i] & HISTORICAL),
                bool(facts["flags"][i] & BY_ENTERPRISE),
            )
            for i, slot in enumerate(facts.slot.tolist())
        }
    finally:
        db.close()


def counted(path: Path) -> dict[str, tuple[object, ...]]:
    """The same, looked up in records and events one by one."""
    reader = BookReader.open_for_reading(path)
    found: dict[str, tuple[object, ...]] = {}
    for r in reader.alarms(set(State), 1000):
        events = [booked.numbered.event for booked in reader.events_of(r.alarm)]
        words = [e for e in events if e.event == "acknowledged"]
        answers = [e.received_at for e in words if "the centre has yet to" in e.reason]
        whole = [e for e in words if "the centre has yet to" not in e.reason]
        found[r.alarm] = (
            r.raised_at,
            events[0].received_at,
            NEVER if r.state in ACTIVE or r.cleared_at is None else r.cleared_at,
            whole[0].received_at if whole else NEVER,
            answers[0] if answers else NEVER,
            r.rule,
            r.enterprise,
            f"{r.rule}/{r.subject}/{r.side}",
            severity_rank(r.worst_severity),
            severity_rank(r.severity),
            r.state,
            r.historical,
            bool(whole) and "by wang" in whole[0].reason,
        )
    reader.close()
    return found


@settings(max_examples=40, deadline=None)
@given(steps=steps_of_alarms(), size=st.integers(1, 9))
def test_facts_say_what_records_and_events_say(steps: Steps, size: int) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "book.db"
        open_writer(path).close()
        write_book(path, steps, size)
        assert facts_of(path) == counted(path)


def test_a_book_without_facts_gets_them_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "book.db"
    steps: Steps = steps_example()
    write_book(path, steps)
    before = facts_of(path)
    db = sqlite3.connect(path, isolation_level=None)
    for table in ("facts", "fact_names", "fact_chunks", "fact_spans"):
        db.execute(f"DROP TABLE {table}")
    db.close()
    open_writer(path).close()
    assert facts_of(path) == before
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        fill_facts(open_writer(path))


def steps_example() -> Steps:
    first = event_of("raised", "E1-P1", T0, T0)
    return [
        (0, first),
        (1, event_of("raised", "E2-P1", T0 + 5, T0 + 5, "hh")),
        (2, OperatorAction(T0 + 900, "acknowledge", first.alarm, "li")),
        (3, event_of("cleared", "E1-P1", T0, T0 + 2000)),
        (4, event_of("raised", "E1-P1", T0 + 9000, T0 + 9000)),
    ]


@st.composite
def wishes(draw: st.DrawFn) -> Wanted:
    first = draw(st.none() | st.integers(T0, T0 + 10_000_000))
    end = draw(st.none() | st.integers(T0, T0 + 10_000_000))
    return Wanted(
        states=draw(
            st.sampled_from([frozenset(State), frozenset(State) - {State.CLOSED}, {State.ACTIVE_ACKNOWLEDGED}])
        ),
        severities=draw(st.none() | st.sets(st.sampled_from(["red", "orange", "yellow", "blue"]))),
        enterprises=draw(st.none() | st.sets(st.sampled_from(["E1", "E2", "E9"]))),
        rule=draw(st.sampled_from([None, "gas", "nope"])),
        first_ms=first,
        end_ms=end,
        text=draw(st.sampled_from(["", "p1", "E2", "LEV", "nothing"])),
    )


def wants(wanted: Wanted, r: AlarmRecord) -> bool:
    return (
        r.state in wanted.states
        and (wanted.severities is None or r.severity in wanted.severities)
        and (wanted.enterprises is None or r.enterprise in wanted.enterprises)
        and (wanted.rule is None or r.rule == wanted.rule)
        and (wanted.first_ms is None or r.raised_at >= wanted.first_ms)
        and (wanted.end_ms is None or r.raised_at < wanted.end_ms)
        and any(wanted.text.lower() in text.lower() for text in (r.rule, r.subject, r.enterprise))
    )


@settings(max_examples=40, deadline=None)
@given(steps=steps_of_alarms(), wanted=wishes(), limit=st.integers(1, 6))
def test_pages_hold_every_wanted_alarm_once_in_order(steps: Steps, wanted: Wanted, limit: int) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "book.db"
        open_writer(path).close()
        write_book(path, steps)
        db = open_reader(path)
        everything = BookReader(db).alarms(set(State), 1000)
        listed: list[AlarmRecord] = []
        more: str | None = None
        while True:
            page = list_alarms(db, wanted._replace(after=more), limit)
            listed += page.alarms
            more = page.more
            assert len(page.alarms) == limit or more is None
            if more is None:
                break
        db.close()
    expected = sorted(
        (r for r in everything if wants(wanted, r)), key=lambda r: (-severity_rank(r.severity), -r.raised_at)
    )
    assert [(r.severity, r.raised_at) for r in listed] == [(r.severity, r.raised_at) for r in expected]
    assert {r.alarm for r in listed} == {r.alarm for r in expected}
    assert len(listed) == len(expected)


def test_a_cursor_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "book.db"
    write_book(path, steps_example())
    db = open_reader(path)
    with pytest.raises(ValueError, match="--after abc is no cursor"):
        list_alarms(db, Wanted(after="abc"), 5)
    db.close()
