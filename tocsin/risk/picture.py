"""The risk of every place of a data folder as it is now, in both kinds side by side, and as it was."""

from typing import NamedTuple

import msgspec

from alerts.machine import OPEN
from alerts.record import AlarmRecord
from alerts.risk import Node, RiskTree, standing_of
from plant.mistakes import Mistake
from plant.quality import NEWEST_TIME_MS
from tocsin.book import BookReader
from tocsin.book.disposals import UNDER_WAY, disposals
from tocsin.book.schema import open_reader
from tocsin.database import Database
from tocsin.log.layout import INHERENT
from tocsin.records import NotInAClusterError, Records
from tocsin.risk.grades import grades_of
from tocsin.risk.history import read_history
from tocsin.risk.live import ask_values
from tocsin.risk.view import RiskView

_ALL = 1 << 31


class Change(NamedTuple):
    """A place had another colour from `at` (ms) on. `of` is alarms or inherent; `because` an alarm, or facts."""

    at: int
    of: str
    before: str
    colour: str
    because: str


class Picture(RiskView):
    """Read once; later changes are not seen."""

    def __init__(self, records: Records) -> None:
        """BookError if there is no alarm book, ValueError if there is no configuration."""
        configured = records.configured()
        ground = configured.ground()
        tree = RiskTree(ground.nodes)
        found: dict[str, AlarmRecord] = {}
        db = open_reader(records.book)
        try:
            for record in BookReader(db).alarms(OPEN, _ALL):
                found[record.alarm] = record
                tree.take(record.alarm, standing_of(record, silence=ground.silent(record.rule)))
            for disposal in disposals(db, UNDER_WAY, None, _ALL):
                if disposal.overdue:
                    tree.overdue(disposal.latest, disposal.severity, disposal.subject, disposal.enterprise)
                    late = BookReader(db).alarm(disposal.latest)
                    if late is not None:
                        found.setdefault(disposal.latest, late)
        finally:
            db.close()
        grades, self.mistakes = grades_of(configured, ground.nodes)
        values = _values(records, grades.points) if grades.points else {}
        self.is_live: bool = values is not None
        """False where no service could tell the values of permits and people: they count for nothing then."""
        super().__init__(ground.nodes, tree, grades.all(values or {}), found.get)

    mistakes: tuple[Mistake, ...]
    """What is wrong with hazards.csv."""


def _values(records: Records, points: list[str]) -> dict[str, float] | None:
    """None where nobody can tell them."""
    try:
        return ask_values(records.ask, points)
    except NotInAClusterError:
        return None


def history_of(records: Records, node: Node, since_ms: int | None, until_ms: int | None) -> list[Change]:
    """What colours a place had, of both kinds, in the order of time. BookError if there is no alarm book."""
    first, end = since_ms or 0, NEWEST_TIME_MS if until_ms is None else until_ms
    db = open_reader(records.book)
    try:
        changes = _of_alarms(db, node, first, end)
    finally:
        db.close()
    for change in read_history(records.data / INHERENT):
        if change.node == node and first <= change.at < end:
            why = ", ".join(filter(None, (change.unit, *change.because)))
            changes.append(Change(change.at, "inherent", change.before, change.colour, why))
    return sorted(changes, key=lambda change: change.at)


def _of_alarms(db: Database, node: Node, first: int, end: int) -> list[Change]:
    rows = db.execute(
        "SELECT h.at, h.before, h.colour, h.because, h.overdue, a.record FROM risk_history h"
        " LEFT JOIN alarms a ON a.alarm = h.because"
        " WHERE h.kind = ? AND h.id = ? AND h.at >= ? AND h.at < ? ORDER BY seq",
        (*node, first, end),
    )
    return [Change(at, "alarms", before, colour, _why(*why)) for at, before, colour, *why in rows]


def _why(alarm: str, overdue: int, form: str | None) -> str:
    if form is None:
        return alarm
    record = msgspec.json.decode(form, type=AlarmRecord)
    what = f"{alarm} ({record.subject} {record.rule} {record.level})"
    return f"{what}, disposal overdue" if overdue else what
