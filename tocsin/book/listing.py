"""Lists of alarms by what they are, page by page; as quick with a million alarms as with a thousand."""

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from alerts.machine import OPEN, State
from alerts.record import AlarmRecord
from alerts.severity import severity_rank
from tocsin.book.facts import SEPARATOR, STATES, Facts, alarms_at, has_facts, names_holding, numbers_of, read_facts
from tocsin.book.schema import SCHEMA_VERSION, BookError
from tocsin.database import AMONG, Database

_RAISED_BITS: Final = 44
"""Times in ms up to the year 2527; the rank of a severity stands above them."""


class Wanted(NamedTuple):
    """Which alarms; None is all of them. Times are of raising, ms since the epoch: from `first_ms`, before `end_ms`."""

    states: Collection[State] = OPEN
    severities: Collection[str] | None = None
    """What they have now."""
    enterprises: Collection[str] | None = None
    rule: str | None = None
    first_ms: int | None = None
    end_ms: int | None = None
    text: str = ""
    """Stands in the rule, the subject or the enterprise, whatever the case."""
    after: str | None = None
    """The `more` of the page before."""


class Page(NamedTuple):
    """Alarms, the most severe first, then the newest. `more` is the cursor of the next page; None: there is none."""

    alarms: list[AlarmRecord]
    more: str | None


def list_alarms(db: Database, wanted: Wanted, limit: int) -> Page:
    """A page of at most `limit` alarms. ValueError for a cursor that is none; BookError for a book too old for it."""
    if not has_facts(db):
        raise BookError(f"a book of an earlier version: the service brings it up to {SCHEMA_VERSION}")
    with db.view():  # one view of all tables
        only_open = State.CLOSED not in wanted.states
        facts = read_facts(db, wanted.first_ms, wanted.end_ms, only_open=only_open)
        at = np.flatnonzero(_are_wanted(db, facts, wanted))
        order = (facts["now"][at].astype(np.int64) << _RAISED_BITS) + facts["raised_at"][at]
        if wanted.after is not None:
            last, slot = _cursor(wanted.after)
            later = (order < last) | ((order == last) & (facts.slot[at] < slot))
            at, order = at[later], order[later]
        at, order = _first(at, order, facts, limit + 1)
        more = f"{order[limit - 1]}-{facts.slot[at[limit - 1]]}" if len(at) > limit else None
        return Page(_records(db, facts.slot[at[:limit]].tolist()), more)


def _are_wanted(db: Database, facts: Facts, wanted: Wanted) -> NDArray[np.bool_]:
    state = np.array([state in wanted.states for state in STATES])
    found: NDArray[np.bool_] = state[facts["state"]]
    if wanted.first_ms is not None:
        found &= facts["raised_at"] >= wanted.first_ms
    if wanted.end_ms is not None:
        found &= facts["raised_at"] < wanted.end_ms
    if wanted.severities is not None:
        found &= _among(facts["now"], map(severity_rank, wanted.severities))
    if wanted.enterprises is not None:
        found &= _among(facts["enterprise"], numbers_of(db, wanted.enterprises).values())
    if wanted.rule is not None:
        found &= _among(facts["rule"], numbers_of(db, [wanted.rule]).values())
    if wanted.text:
        text = wanted.text.lower()
        # Of a source the side is no part of what people look for.
        holds = [
            number
            for number, name in names_holding(db, text).items()
            if any(text in part for part in name.lower().split(SEPARATOR)[:2])
        ]
        found &= _among(facts["source"], holds) | _among(facts["enterprise"], holds)
    return found


def _among(column: NDArray[np.integer], numbers: Iterable[int]) -> NDArray[np.bool_]:
    """Where the column has one of these; a table look-up, which is quicker than a search."""
    chosen = list(numbers)
    table = np.zeros(max(chosen, default=0) + 1, dtype=np.bool_)
    table[chosen] = True
    return np.take(table, column, mode="clip") & (column < len(table))


def _first(
    at: NDArray[np.intp], order: NDArray[np.int64], facts: Facts, count: int
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """The greatest `count` by order, then place; the greatest first."""
    if len(at) > count:
        least = np.partition(order, len(order) - count)[len(order) - count]
        near = order >= least
        at, order = at[near], order[near]
    sorted_ = np.lexsort((facts.slot[at], order))[::-1][:count]
    return at[sorted_], order[sorted_]


def _records(db: Database, slots: list[int]) -> list[AlarmRecord]:
    alarms = alarms_at(db, slots)
    query = f"SELECT alarm, record FROM alarms WHERE alarm {AMONG}"  # noqa: S608
    records = dict(db.execute(query, (db.listed(alarms.values()),)))
    return [msgspec.json.decode(records[alarms[slot]], type=AlarmRecord) for slot in slots]


def _cursor(text: str) -> tuple[int, int]:
    order, _, slot = text.partition("-")
    if not (order.isdigit() and slot.isdigit()):
        raise ValueError(f"--after {text} is no cursor of a list of alarms")
    return int(order), int(slot)
