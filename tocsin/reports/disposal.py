"""The report of disposals: opened, closed in time, with a cause, verified."""

import msgspec

from alerts.kpi.columns import SEVERITIES, Period
from alerts.kpi.disposing import Cause, Disposed, Disposing, causes, disposing
from tocsin.database import Database
from tocsin.reports.scope import Scope

_ROWS = """
SELECT alarm, opened_at, record FROM disposals
WHERE (opened_at >= ?1 OR closed_at >= ?1 OR state <> 'closed') AND opened_at < ?2
"""
_TAKEN = """
SELECT d.alarm, d.opened_at, min(s.at) FROM disposals AS d
JOIN disposal_steps AS s ON s.alarm = d.alarm AND s.opened_at = d.opened_at
WHERE d.opened_at >= ? AND d.opened_at < ? AND s.name IN ('assign', 'start') GROUP BY d.alarm, d.opened_at
"""


class DisposalReport(msgspec.Struct, frozen=True):
    severities: tuple[Disposing, ...]
    """All (severity empty), then each."""
    causes: tuple[Cause, ...]
    groups: tuple[Cause, ...]
    """The same by the part of the code before the dot."""


class _Record(msgspec.Struct):
    """What of a disposal's record figures go by."""

    severity: str
    enterprise: str
    close_by: int
    verify: bool
    exercise: bool
    state: str
    cause: str = ""
    verified_by: str = ""
    closed_at: int | None = None
    reopened: int = 0
    overdue: str = ""


def disposals_of(db: Database, period: Period, scope: Scope) -> list[Disposed]:
    """Those opened or closed in the period, and those under way; exercises left out."""
    span = (period.from_ms, period.until_ms)
    taken = {(alarm, opened_at): at for alarm, opened_at, at in db.execute(_TAKEN, span)}
    decode = msgspec.json.Decoder(_Record).decode
    found = []
    for alarm, opened_at, form in db.execute(_ROWS, span):
        r = decode(form)
        if r.exercise or not (scope.is_all or r.enterprise in scope.enterprises):
            continue
        found.append(
            Disposed(
                severity=r.severity if r.severity in SEVERITIES else SEVERITIES[0],
                enterprise=r.enterprise,
                opened_at=opened_at,
                closed_at=r.closed_at if r.state == "closed" else None,
                taken_at=taken.get((alarm, opened_at)),
                close_by=r.close_by,
                cause=r.cause,
                verified=bool(r.verified_by),
                must_verify=r.verify,
                reopened=r.reopened,
                overdue=bool(r.overdue),
            )
        )
    return found


def disposal_report(db: Database, period: Period, scope: Scope) -> DisposalReport:
    found = disposals_of(db, period, scope)
    by_group = [d._replace(cause=d.cause.partition(".")[0]) for d in found]
    return DisposalReport(
        severities=disposing(found, period.from_ms, period.until_ms),
        causes=causes(found, period.from_ms, period.until_ms),
        groups=causes(by_group, period.from_ms, period.until_ms),
    )
