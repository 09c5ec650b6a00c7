"""Disposals: each as it stands, and how many are under way."""

from collections.abc import Iterable
from typing import Final

import msgspec

from alerts.disposal.machine import DisposalState
from alerts.disposal.record import Disposal
from alerts.ground import Ground
from tocsin.database import Database
from tocsin.history.states.line import NS_PER_MS, colour, line, offset_ns, span_s

_UNDER_WAY: Final = "SELECT alarm, opened_at, record FROM disposals WHERE state <> 'closed'"
_ONE: Final = "SELECT record FROM disposals WHERE alarm = ? AND opened_at = ?"
_CLOSED_SINCE: Final = (
    "SELECT record FROM disposals WHERE opened_at >= ? AND closed_at >= ? AND state = 'closed' ORDER BY opened_at"
)

_Key = tuple[str, int]


class DisposalStates:
    """Remembers how each stood, so that only what has changed is written."""

    def __init__(self, since_ms: int, opened_from_ms: int) -> None:
        """What was closed after `since_ms` is written first, of what was opened after `opened_from_ms`."""
        self._since = (opened_from_ms, since_ms)
        self._first = True
        self._under_way: dict[_Key, str] = {}
        self._enterprises: set[str] = set()
        self._decode = msgspec.json.Decoder(Disposal).decode

    def changed(self, db: Database, ground: Ground) -> list[str]:
        """The lines of those that are not as they were at the last call."""
        now = {(alarm, opened_at): record for alarm, opened_at, record in db.execute(_UNDER_WAY)}
        forms = [form for key, form in now.items() if self._under_way.get(key) != form]
        for key in self._under_way.keys() - now.keys():
            forms += [form for (form,) in db.execute(_ONE, key)]
        if self._first:
            forms += [form for (form,) in db.execute(_CLOSED_SINCE, self._since)]
        self._under_way, self._first = now, False
        return [_line(self._decode(form), ground) for form in forms]

    def counts(self, ground: Ground, at_ns: int) -> Iterable[str]:
        """How many there are, as of the last `changed`; of an enterprise that has none any more, zeros."""
        by_enterprise: dict[str, list[Disposal]] = {name: [] for name in self._enterprises}
        for form in self._under_way.values():
            disposal = self._decode(form)
            if not disposal.exercise:
                by_enterprise.setdefault(disposal.enterprise, []).append(disposal)
        self._enterprises = set(by_enterprise)
        for enterprise, some in sorted(by_enterprise.items()):
            yield line(
                "disposal_count",
                {"enterprise": enterprise, "region": _region(ground, enterprise)},
                {
                    "open": len(some),
                    "overdue": sum(bool(d.overdue) for d in some),
                    "unassigned": sum(not d.assignee for d in some),
                    "to_verify": sum(d.state == DisposalState.SUBMITTED for d in some),
                },
                at_ns,
            )


def _region(ground: Ground, enterprise: str) -> str:
    known = ground.site.enterprises.get(enterprise)
    return known.region if known is not None else ""


def _line(d: Disposal, ground: Ground) -> str:
    if d.exercise:
        return ""
    return line(
        "disposal",
        {"enterprise": d.enterprise, "region": _region(ground, d.enterprise)},
        {
            "alarm": d.alarm,
            "rule": d.rule,
            "subject": d.subject,
            "unit": d.unit,
            "severity": d.severity,
            "colour": colour(d.severity),
            "state": str(d.state),
            "open": d.state != DisposalState.CLOSED,
            "cause": d.cause,
            "overdue": d.overdue,
            "steps": d.steps,
            "evidence": d.evidence,
            "reopened": d.reopened,
            "assign_s": span_s(d.opened_at, d.assigned_at),
            "submit_s": span_s(d.opened_at, d.submitted_at),
            "verify_s": span_s(d.opened_at, d.verified_at),
            "close_s": span_s(d.opened_at, d.closed_at),
        },
        d.opened_at * NS_PER_MS + offset_ns(d.alarm),
    )
