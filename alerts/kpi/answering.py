"""How soon alarms were answered, and by whom."""

import msgspec
import numpy as np

from alerts.kpi.columns import NEVER, SEVERITIES, Alarms, Bool
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
    acknowledged = alarms.acknowledged_at != NEVER
    by_enterprise = acknowledged & alarms.by_enterprise
    to_acknowledge = alarms.acknowledged_at - alarms.received_at
    # The enterprise answers a red alarm before the centre acknowledges it, or acknowledges another by itself.
    answered = alarms.answered_at != NEVER
    to_enterprise = np.where(answered, alarms.answered_at - alarms.received_at, to_acknowledge)
    heard = answered | by_enterprise

    def of(severity: str, which: Bool) -> Answering:
        return Answering(
            severity=severity,
            alarms=int(which.sum()),
            acknowledged=int((acknowledged & which).sum()),
            waiting=int((alarms.waiting & which).sum()),
            to_acknowledge=spread(to_acknowledge[acknowledged & which]),
            to_centre=spread(to_acknowledge[acknowledged & ~by_enterprise & which]),
            to_enterprise=spread(to_enterprise[heard & which]),
        )

    whole = of("", np.ones(len(alarms), dtype=np.bool_))
    return (whole, *(of(name, alarms.severity == i) for i, name in enumerate(SEVERITIES)))
