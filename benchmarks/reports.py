"""Lists, filters and reports of a book with a million alarms: each within 300 ms."""

import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec

from alerts.kpi.assessment import WEIGHTS
from alerts.kpi.columns import Period
from alerts.machine import State
from alerts.record import AlarmRecord, NumberedEvent
from benchmarks.figure import Figure, emit, is_quick, say
from benchmarks.throughput import folder
from plant.site import Enterprise, Region, Site, Unit
from rules.events import AlarmEvent
from rules.identity import alarm_id
from tocsin.book.facts import write_facts
from tocsin.book.listing import Wanted, list_alarms
from tocsin.book.results import Results
from tocsin.book.schema import open_reader, open_writer
from tocsin.book.written import write_alarms
from tocsin.database import Database
from tocsin.inventory.rate import OnlineRate
from tocsin.reports.assessment import assessment_report
from tocsin.reports.coverage import coverage_report
from tocsin.reports.delivery import delivery_report
from tocsin.reports.disposal import disposal_report
from tocsin.reports.kpi import kpi_report
from tocsin.reports.scope import Scope, scope_of

GOAL_MS = 300.0
ALARMS = 1_000_000
EVERY_MS = 30_000
"""A year of a large centre: an alarm each half minute, 2,880 a day."""
OPEN = 2_000
CALLS_OF_TEN = 2
BEGIN_MS = 1_767_225_600_000
DAY_MS = 86_400_000
_AT_ONCE = 10_000
_RULES = ("gas-combustible", "gas-toxic", "tank-level", "stale", "rate")


def site() -> Site:
    """265 enterprises in 20 towns."""
    towns = [f"T{i:02d}" for i in range(20)]
    names = [f"E{i:03d}" for i in range(265)]
    return Site(
        name="bench",
        timezone="Asia/Shanghai",
        centre=None,
        packs=(),
        regions={"county": Region("county", None, "county"), **{t: Region(t, "county", t) for t in towns}},
        enterprises={e: Enterprise(e, e, towns[i % 20], f"park-{i % 7}") for i, e in enumerate(names)},
        units={f"U{e}": Unit(f"U{e}", e, "hall", "workshop", required=("gas.combustible",)) for e in names},
    )


def alarms(count: int) -> Iterator[tuple[AlarmRecord, AlarmEvent]]:
    """In order of time; all but the last ones are closed, two in three were acknowledged."""
    draw = random.Random(1)
    for i in range(count):
        at = BEGIN_MS + i * EVERY_MS + draw.randrange(EVERY_MS)
        enterprise = f"E{draw.randrange(265):03d}"
        subject, rule = f"{enterprise}-P{draw.randrange(80):02d}", draw.choice(_RULES)
        (severity,) = draw.choices(["red", "orange", "yellow", "blue"], [4, 16, 50, 30])
        alarm = alarm_id(rule, subject, "high", at)
        is_open = i >= count - OPEN
        record = AlarmRecord(
            alarm=alarm,
            rule=rule,
            version=1,
            subject=subject,
            side="high",
            enterprise=enterprise,
            state=State.ACTIVE_UNACKNOWLEDGED if is_open else State.CLOSED,
            level="h",
            severity=severity,
            peak_level="h",
            peak_severity=severity,
            worst_severity=severity,
            raised_at=at,
            last_at=at,
            value=26.1,
            limit=25.0,
            onset=at,
            historical=False,
            exercise=False,
            reason="limit h held 3 s",
            events=3,
            latching=False,
            cleared_at=None if is_open else at + draw.randrange(1000, 4_000_000),
            acknowledged_by=None if is_open or i % 3 == 0 else "li",
            acknowledged_at=None if is_open or i % 3 == 0 else at + draw.randrange(1000, 900_000),
        )
        name = "raised" if record.acknowledged_at is None else "acknowledged"
        received_at = at + 20 if record.acknowledged_at is None else record.acknowledged_at
        yield (
            record,
            AlarmEvent(
                name,
                alarm,
                rule,
                1,
                subject,
                "high",
                enterprise,
                "h",
                severity,
                at,
                26.1,
                25.0,
                at,
                False,
                False,
                "",
                raised_at=at,
                received_at=received_at,
            ),
        )


def write_book(path: Path, count: int) -> None:
    """A book of so many alarms; for two in ten somebody is owed word, each red one has a disposal."""
    db = open_writer(path, durable=False)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -800000")
    db.execute("PRAGMA wal_autocheckpoint = 50000")
    given = alarms(count)
    for begin in range(0, count, _AT_ONCE):
        results = Results()
        for record, event in (pair for _, pair in zip(range(_AT_ONCE), given, strict=False)):
            results.changed[record.alarm] = record
            results.told.append((0, NumberedEvent(1, event), record))
        with db.transaction():
            records = list(results.changed.values())
            write_alarms(db, records)
            write_facts(db, results)
            _write_calls(db, records)
            _write_disposals(db, [r for r in records if r.severity == "red"])
        if begin % 100_000 == 0:
            say(f"  {begin:,} of {count:,} alarms written")
    db.close()


def _write_calls(db: Database, records: list[AlarmRecord]) -> None:
    rows = [
        (
            f"{r.alarm}/{i}",
            ("sms", "dingtalk")[i % 2],
            f"c{i % 50:02d}",
            r.alarm,
            r.raised_at + 20,
            r.raised_at + 900 + i,
        )
        for i, r in enumerate(records)
        if i % 10 < CALLS_OF_TEN
    ]
    db.executemany(
        "INSERT INTO outbox (key, channel, contact, ways, alarm, n, queued_at, state, ended_at)"
        " VALUES (?, ?, ?, '[]', ?, 1, ?, 'delivered', ?)",
        rows,
    )
    db.executemany(
        "INSERT INTO attempts (message, channel, contact, at, result) VALUES (?, ?, ?, ?, 'delivered')",
        [(key, channel, contact, ended) for key, channel, contact, _, _, ended in rows],
    )


def _write_disposals(db: Database, records: list[AlarmRecord]) -> None:
    rows = []
    for r in records:
        form = {"severity": "red", "enterprise": r.enterprise, "close_by": r.raised_at + 14_400_000, "verify": True}
        form |= {"exercise": False, "state": "closed", "cause": "release.leak", "verified_by": "wang"}
        form |= {"closed_at": r.raised_at + 7_200_000, "reopened": 0, "overdue": ""}
        text = msgspec.json.encode(form).decode()
        rows.append((r.alarm, r.raised_at, r.alarm, r.enterprise, r.raised_at + 7_200_000, text))
    db.executemany(
        "INSERT INTO disposals (alarm, opened_at, latest, state, severity, enterprise, overdue, closed_at, record)"
        " VALUES (?, ?, ?, 'closed', 'red', ?, '', ?, ?)",
        rows,
    )
    db.executemany(
        "INSERT INTO disposal_steps VALUES (?, ?, 1, 'assign', 'wang', ?, '{}')",
        [(row[0], row[1], row[1] + 60_000) for row in rows],
    )


def period_of(first_ms: int, end_ms: int) -> Period:
    return Period(first_ms, end_ms, (*range(first_ms, end_ms, DAY_MS), end_ms))


def best_ms(what: Callable[[], object]) -> float:
    """Of three runs."""
    took = []
    for _ in range(3):
        begun_s = time.perf_counter()
        what()
        took.append(time.perf_counter() - begun_s)
    return min(took) * 1000


def reports(db: Database, of: Site, period: Period, scope: Scope) -> dict[str, Callable[[], object]]:
    """What the journal says of coverage is given: reading it goes with the journal's length."""
    rate = OnlineRate(
        from_ms=period.from_ms, to_ms=period.until_ms, listened_ms=0, paused_ms=0, pauses=0, devices=(), shares=()
    )
    coverage = coverage_report(of, rate, scope)
    return {
        "kpi": lambda: kpi_report(db, of, period, scope, 3),
        "disposal": lambda: disposal_report(db, period, scope),
        "delivery": lambda: delivery_report(db, of, period, scope),
        "assessment": lambda: assessment_report(db, of, period, scope, coverage, WEIGHTS),
    }


def main() -> None:
    count = 100_000 if is_quick() else ALARMS
    of = site()
    with folder() as here:
        path = here / "book.db"
        write_book(path, count)
        db = open_reader(path)
        end_ms = BEGIN_MS + count * EVERY_MS
        every, some = frozenset(State), frozenset(list(of.enterprises)[:60])
        lists = {
            "open": Wanted(),
            "all": Wanted(every),
            "enterprise and severity": Wanted(every, {"red"}, {"E017"}),
            "region, rule, a month": Wanted(every, None, some, "gas-toxic", end_ms - 30 * DAY_MS, end_ms),
            "text": Wanted(every, text="p17"),
        }
        took = {}
        for name, wanted in lists.items():
            took[f"list: {name}"] = best_ms(partial(list_alarms, db, wanted, 100))
        whole, town = scope_of(of, None, None, None), scope_of(of, "T03", None, None)
        month = period_of(end_ms - 30 * DAY_MS, end_ms)
        for name, make in reports(db, of, month, whole).items():
            took[f"report of a month: {name}"] = best_ms(make)
        for name, make in reports(db, of, month, town).items():
            took[f"report of a month, a town: {name}"] = best_ms(make)
        year = period_of(BEGIN_MS, end_ms)
        took["report of all of it: kpi"] = best_ms(reports(db, of, year, whole)["kpi"])
        query = "SELECT count(*) FROM alarms WHERE json_extract(record, '$.rule') = 'rate'"
        slow = best_ms(lambda: db.execute(query).fetchone())
        db.close()
    for name, ms in took.items():
        note = f"{count:,} alarms in the book; reading their records takes {slow / max(ms, 0.01):,.0f} x as long"
        emit(Figure(name=name, value=ms, unit="ms", goal=GOAL_MS, at_least=False, note=note))


if __name__ == "__main__":
    main()
