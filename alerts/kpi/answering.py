"""How soon alarms were answered, and by whom."""

import msgspec
import numpy as np

from alerts.kpi.columns import NEVER, SEVERITIES, Alarms
from alerts.kpi.spread import Spread, spread


class Answering(msgspec.Struct, frozen=True):
    """Alarms of one severity (empty: of all). Spans run from when the alarm came to be known.

    to_centre      to the first acknowledgement that counts, given by the centre
    to_enterprise  to the first by the enterprise, also where the centre had yet to
    """

    severity: str
    alarms: int
    acknowledged: int
    waiting: int
    """Nobody has acknowledged them as they stand now."""
    to_acknowledge: Spread
    to_centre: Spread
    to_enterprise: Spread


def answering(alarms: Alarms) -> tuple[Answering, ...]:
    """All, then each severity, the worst first."""
    whole = [_of("", alarms)]
    return tuple(whole + [_of(name, alarms.where(alarms.severity == i)) for i, name in enumerate(SEVERITIES)])


def _of(severity: str, alarms: Alarms) -> Answering:
    acknowledged = alarms.acknowledged_at != NEVER
    by_enterprise = acknowledged & alarms.by_enterprise
    enterprise_at = np.where(by_enterprise, alarms.acknowledged_at, NEVER)
    enterprise_at = np.where(alarms.answered_at != NEVER, alarms.answered_at, enterprise_at)
    heard = enterprise_at != NEVER
    span = alarms.acknowledged_at - alarms.received_at
    return Answering(
        severity=severity,
        alarms=len(alarms),
        acknowledged=int(acknowledged.sum()),
        waiting=int(alarms.waiting.sum()),
        to_acknowledge=spread(span[acknowledged]),
        to_centre=spread(span[acknowledged & ~by_enterprise]),
        to_enterprise=spread((enterprise_at - alarms.received_at)[heard]),
    )
