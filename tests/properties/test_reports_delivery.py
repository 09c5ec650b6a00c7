"""Delivery and KPI reports of random books against counting row by row."""

import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_book import T0, steps_of_alarms, write_book

from alerts.fold import Step
from alerts.kpi.columns import Period
from alerts.machine import UNACKNOWLEDGED, State
from plant.entries import Position
from plant.site import Enterprise, Site
from tocsin.book import BookReader
from tocsin.book.schema import open_reader, open_writer
from tocsin.reports.delivery import delivery_report
from tocsin.reports.kpi import kpi_report
from tocsin.reports.scope import scope_of

HOUR_MS = 3_600_000
SITE = Site(
    name="x",
    timezone="UTC",
    centre=None,
    packs=(),
    enterprises={name: Enterprise(name, name, town) for name, town in (("E1", "A"), ("E2", "A"), ("E3", "B"))},
)


@settings(max_examples=40, deadline=None)
@given(
    steps=steps_of_alarms(),
    first=st.integers(0, 2),
    hours=st.integers(1, 3),
    region=st.sampled_from([None, "A", "B"]),
)
def test_kpi(steps: list[tuple[Position, Step]], first: int, hours: int, region: str | None) -> None:
    begin, end = T0 + first * HOUR_MS, T0 + (first + hours) * HOUR_MS
    scope = scope_of(SITE, region, None, None)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "book.db"
        open_writer(path).close()
        write_book(path, steps)
        db = open_reader(path)
        found = kpi_report(db, SITE, Period(begin, end, (begin, end)), scope)
        records = BookReader(db).alarms(set(State), 1000)
        db.close()
    mine = [r for r in records if begin <= r.raised_at < end and r.enterprise in scope.enterprises]
    prompt = [r for r in mine if not r.historical]
    assert (found.alarms, found.historical) == (len(prompt), len(mine) - len(prompt))
    assert found.severities == {
        s: sum(r.worst_severity == s for r in prompt) for s in ("red", "orange", "yellow", "blue")
    }
    assert found.answering[0].waiting == sum(r.state in UNACKNOWLEDGED for r in prompt)
    tops = {(t.rule, t.subject, t.side): t.alarms for t in found.top}
    for key, count in tops.items():
        assert count == sum((r.rule, r.subject, r.side) == key for r in prompt)
    assert sum(tops.values()) == len(prompt), "no more than ten sources are drawn"


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["sms", "mail"]),
        st.sampled_from(["li", "wang"]),
        st.sampled_from(["held", "due", "sending", "delivered", "dead", "withdrawn", "rejected"]),
        st.integers(0, 2),
        st.integers(-50, 150),
        st.integers(0, 5000),
        st.sampled_from([0, 0, 10_000]),
        st.sampled_from(["none", "pending", "confirmed", "undelivered"]),
        st.sampled_from(["delivered", "failed", "throttled", "skipped"]),
    ),
    max_size=30,
)


@settings(max_examples=40, deadline=None)
@given(rows=ROWS)
def test_delivery(rows: list[tuple[str, str, str, int, int, int, int, str, str]]) -> None:
    with TemporaryDirectory() as folder:
        db = open_writer(Path(folder) / "book.db", durable=False)
        _owe(db, rows)
        found = delivery_report(db, SITE, Period(0, 100, (0, 100)), scope_of(SITE, None, None, None))
        db.close()
    inside = [row for row in rows if 0 <= row[4] < 100]
    told = {(t.channel, t.contact): t for t in found.recipients}
    assert set(told) == {row[:2] for row in inside}
    for (channel, contact), t in told.items():
        mine = [row for row in inside if row[:2] == (channel, contact)]
        states = [row[2] for row in mine]
        assert t.calls == len(mine)
        assert (t.delivered, t.dead, t.withdrawn, t.rejected) == tuple(
            states.count(state) for state in ("delivered", "dead", "withdrawn", "rejected")
        )
        assert t.waiting == sum(state in ("held", "due", "sending") for state in states)
        assert t.failed_over == sum(row[3] > 0 for row in mine)
        assert t.messages == t.most_a_day == sum(row[8] != "skipped" for row in mine)
        assert (t.failed, t.throttled) == (sum(r[8] == "failed" for r in mine), sum(r[8] == "throttled" for r in mine))
        assert (t.confirmed, t.undelivered) == (
            sum(row[7] == "confirmed" for row in mine),
            sum(row[7] == "undelivered" for row in mine),
        )
        prompt = sorted(row[5] for row in mine if row[2] == "delivered" and not row[6])
        assert t.to_delivered.n == len(prompt)
        if prompt:
            middle = (prompt[(len(prompt) - 1) // 2] + prompt[len(prompt) // 2]) / 2000
            assert t.to_delivered.median_s == pytest.approx(middle)
    assert found.all.calls == len(inside) == sum(t.calls for t in found.channels)


def _owe(db: sqlite3.Connection, rows: list[tuple[str, str, str, int, int, int, int, str, str]]) -> None:
    for i, (channel, contact, state, way, queued, took, held, receipt, result) in enumerate(rows):
        db.execute(
            "INSERT INTO outbox (key, channel, contact, way, alarm, n, queued_at, not_before, state, ended_at)"
            " VALUES (?, ?, ?, ?, 'a', 1, ?, ?, ?, ?)",
            (str(i), channel, contact, way, queued, queued + held if held else 0, state, queued + took),
        )
        db.execute(
            "INSERT INTO attempts (message, channel, contact, at, result, receipt) VALUES (?, ?, ?, ?, ?, ?)",
            (str(i), channel, contact, queued, result, receipt),
        )
