"""The report of delivery: who was told over which channel, how soon, and what did not arrive."""

from collections import defaultdict
from typing import Final

import msgspec
import numpy as np

from alerts.kpi.columns import Period
from alerts.kpi.spread import Spread, spread
from plant.site import Site
from tocsin.book.facts import numbers_beginning, numbers_of, read_facts
from tocsin.database import AMONG, Database, among
from tocsin.reports.kpi import SELF_TEST, Withheld, withheld
from tocsin.reports.scope import Scope

FAILED_TEST: Final = "tocsin.self-test"
"""What the ids of rules begin with that say that a self-test failed."""

_CALLS = """
SELECT o.channel, o.contact, o.state, o.way, o.purpose, count(*) FROM outbox AS o{join}
WHERE o.queued_at >= ?1 AND o.queued_at < ?2{where} GROUP BY 1, 2, 3, 4, 5
"""
_SPANS = """
SELECT o.channel, o.contact, o.ended_at - o.queued_at FROM outbox AS o{join}
WHERE o.queued_at >= ?1 AND o.queued_at < ?2 AND o.state = 'delivered' AND o.not_before <= o.queued_at{where}
"""
_ATTEMPTS = """
SELECT a.channel, a.contact, a.result, a.receipt, count(*) FROM attempts AS a
WHERE a.at >= ?1 AND a.at < ?2 GROUP BY 1, 2, 3, 4
"""
_OF_SCOPE = f"""
SELECT a.channel, a.contact, a.result, a.receipt, count(*) FROM attempts AS a
WHERE a.at >= ?1 AND a.at < ?2 AND EXISTS (
    SELECT 1 FROM attempt_rows AS r JOIN outbox AS o ON o.seq = r.row JOIN alarms AS l ON l.alarm = o.alarm
    WHERE r.attempt = a.seq AND l.enterprise {among(3)}
) GROUP BY 1, 2, 3, 4
"""  # noqa: S608
_MOST_A_DAY = """
SELECT channel, contact, max(n) FROM (
    SELECT a.channel, a.contact, count(*) AS n FROM attempts AS a
    WHERE a.at >= ?1 AND a.at < ?2 AND a.result <> 'skipped' GROUP BY 1, 2, (a.at - ?1) / 86400000
) AS one GROUP BY 1, 2
"""
_TESTS = f"""
SELECT count(*),
    count(*) FILTER (WHERE EXISTS (SELECT 1 FROM outbox AS o WHERE o.alarm = l.alarm AND o.state = 'delivered'))
FROM facts AS f JOIN alarms AS l ON l.alarm = f.alarm WHERE f.slot {AMONG}
"""  # noqa: S608


class Told(msgspec.Struct, frozen=True):
    """Calls of one recipient over one channel (contact empty: a webhook), by the way at which each one is now.

    Calls are those that became owed in the period; messages are those sent in it, and carry one call or several.
    """

    channel: str
    contact: str
    calls: int
    delivered: int
    """The provider took it."""
    waiting: int
    dead: int
    withdrawn: int
    rejected: int
    failed_over: int
    """Came here because an earlier way failed."""
    messages: int
    failed: int
    throttled: int
    confirmed: int
    """Messages of which a receipt says that they arrived."""
    undelivered: int
    """Messages of which a receipt says that they did not."""
    most_a_day: int
    """Messages, of any 24 hours counted from the period's beginning: what quotas are held against."""
    to_delivered: Spread
    """From when a call was owed; calls that quiet hours or a digest held are left out."""


class Delivery(msgspec.Struct, frozen=True):
    all: Told
    """Channel and contact empty."""
    channels: tuple[Told, ...]
    """Contact empty: all recipients of a channel."""
    recipients: tuple[Told, ...]
    purposes: dict[str, int]
    """Calls by purpose."""
    self_tests: int
    """Test alarms that were raised in the period."""
    self_tests_arrived: int
    """Those of which somebody was told."""
    self_tests_failed: int
    """Alarms that say that a self-test failed, or that none was passed for too long."""
    withheld: tuple[Withheld, ...]


_Key = tuple[str, str]
_COUNTED = {"delivered": "delivered", "dead": "dead", "withdrawn": "withdrawn", "rejected": "rejected"}


def delivery_report(db: Database, site: Site, period: Period, scope: Scope) -> Delivery:
    span: list[object] = [period.from_ms, period.until_ms]
    join = where = ""
    attempts = _ATTEMPTS
    if not scope.is_all:
        join, where = " JOIN alarms AS l ON l.alarm = o.alarm", f" AND l.enterprise {among(3)}"
        attempts = _OF_SCOPE
        span.append(db.listed(sorted(scope.enterprises)))
    counts: defaultdict[_Key, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    purposes: defaultdict[str, int] = defaultdict(int)
    for channel, contact, state, way, purpose, n in db.execute(_CALLS.format(join=join, where=where), span):
        purposes[purpose] += n
        for key in _keys(channel, contact):
            counts[key]["calls"] += n
            counts[key][_COUNTED.get(state, "waiting")] += n
            counts[key]["failed_over"] += n if way > 0 else 0
    for channel, contact, result, receipt, n in db.execute(attempts, span):
        for key in _keys(channel, contact):
            counts[key]["messages"] += n if result != "skipped" else 0
            counts[key]["failed"] += n if result == "failed" else 0
            counts[key]["throttled"] += n if result == "throttled" else 0
            counts[key]["confirmed"] += n if receipt == "confirmed" else 0
            counts[key]["undelivered"] += n if receipt == "undelivered" else 0
    most = {(channel, contact): n for channel, contact, n in db.execute(_MOST_A_DAY, span[:2])}
    for key in counts:
        of_channel = [n for (channel, _), n in most.items() if channel == key[0]]
        counts[key]["most_a_day"] = max(of_channel, default=0) if key[1] == _ALL else most.get(key, 0)
    spans: defaultdict[_Key, list[int]] = defaultdict(list)
    for channel, contact, ms in db.execute(_SPANS.format(join=join, where=where), span):
        for key in _keys(channel, contact):
            spans[key].append(ms)
    tests, arrived, failed = _self_tests(db, period)
    told = {key: _told(key, counts[key], spans[key]) for key in {("", ""), *counts}}
    return Delivery(
        all=told["", ""],
        channels=tuple(told[key] for key in sorted(told) if key[0] and key[1] == _ALL),
        recipients=tuple(told[key] for key in sorted(told) if key[0] and key[1] != _ALL),
        purposes=dict(sorted(purposes.items())),
        self_tests=tests,
        self_tests_arrived=arrived,
        self_tests_failed=failed,
        withheld=withheld(db, site, period, scope),
    )


_ALL = "\0"
"""In place of a contact: all of them."""


def _self_tests(db: Database, period: Period) -> tuple[int, int, int]:
    """(test alarms raised in the period, those of which somebody was told, alarms that say that a test failed)."""
    facts = read_facts(db, period.from_ms, period.until_ms)
    own = (facts["raised_at"] >= period.from_ms) & (facts["raised_at"] < period.until_ms)
    tests = np.isin(facts["rule"], list(numbers_of(db, [SELF_TEST]).values())) & own
    failed = numbers_beginning(db, FAILED_TEST)
    count, arrived = db.execute(_TESTS, (db.listed(facts.slot[tests].tolist()),)).fetchone()
    return count, arrived, int((np.isin(facts["rule"], failed) & own).sum())


def _keys(channel: str, contact: str) -> tuple[_Key, ...]:
    return ("", ""), (channel, _ALL), (channel, contact)


def _told(key: _Key, counts: dict[str, int], spans: list[int]) -> Told:
    names = [name for name in Told.__struct_fields__ if name not in ("channel", "contact", "to_delivered")]
    return Told(
        channel=key[0],
        contact="" if key[1] == _ALL else key[1],
        to_delivered=spread(np.array(spans, dtype=np.int64)),
        **{name: counts.get(name, 0) for name in names},
    )
