"""How the centre itself is, for those who see it, and the audit trail for those who may."""

from typing import Final

from alerts.audit import AuditEntry
from tocsin.accounts.roles import Permission, Principal
from tocsin.book.audit import newest_entries
from tocsin.centre.alarms import reading
from tocsin.centre.errors import ForbiddenError
from tocsin.centre.grounds import Grounds
from tocsin.centre.pulse import Pulse, PulseKeeper, Trouble
from tocsin.centre.sight import demand
from tocsin.records import Records

MOST: Final = 1000


class CentreHealth:
    """Thread-safe."""

    def __init__(self, records: Records, grounds: Grounds, pulse: PulseKeeper) -> None:
        self._records = records
        self._grounds = grounds
        self._pulse = pulse

    def pulse(self, principal: Principal) -> Pulse:
        """What is not well. Names and reasons of parts are for those who see how the service is set up."""
        demand(principal, Permission.VIEW)
        now = self._pulse.now()
        if principal.may(Permission.SETTINGS):
            return now
        bare = dict.fromkeys(Trouble(t.part, t.part, "not well", t.blind) for t in now.troubles)
        return Pulse(now.at_ms, tuple(bare))

    def audit(
        self,
        principal: Principal,
        limit: int = 100,
        *,
        about: str | None = None,
        who: str | None = None,
        first_ms: int | None = None,
        end_ms: int | None = None,
    ) -> list[AuditEntry]:
        """The newest entries of the alarm book's trail, in order. Only for who sees the whole site."""
        demand(principal, Permission.AUDIT)
        if not self._grounds.now().sight(principal).whole:
            raise ForbiddenError("the audit trail is of the whole site")
        with reading(self._records) as db:
            return newest_entries(db, min(limit, MOST), about, who, first_ms, end_ms)
