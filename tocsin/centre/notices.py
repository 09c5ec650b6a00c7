"""Calls that wait for an approval, and how people let them go or stop them."""

from typing import Final, NamedTuple

import msgspec

from tocsin.accounts.roles import Permission, Principal
from tocsin.book import BookReader
from tocsin.book.outbox_reader import OutboxReader, OwedCall
from tocsin.centre.acts import Acts
from tocsin.centre.alarms import reading
from tocsin.centre.errors import NotFoundError
from tocsin.centre.grounds import Grounds
from tocsin.centre.sight import demand
from tocsin.records import Records
from tocsin.runtime.control import NoticeRequest

MOST: Final = 1000


class HeldCall(NamedTuple):
    """A call that waits for one of its `approvers` (contacts of the site), and whose alarm it tells of."""

    call: OwedCall
    approvers: tuple[str, ...]
    enterprise: str


class CentreNotices:
    """Thread-safe; blocks for a moment."""

    def __init__(self, records: Records, grounds: Grounds, acts: Acts) -> None:
        self._records = records
        self._grounds = grounds
        self._acts = acts

    def held(self, principal: Principal, limit: int = 100) -> list[HeldCall]:
        """Those of alarms in sight, the newest first."""
        demand(principal, Permission.VIEW)
        sight = self._grounds.now().sight(principal)
        with reading(self._records) as db:
            book = BookReader(db)
            found = []
            for call in OutboxReader(db).calls(state="held", limit=MOST):
                record = book.alarm(call.alarm)
                if record is not None and sight.sees(record.enterprise):
                    approvers = msgspec.json.decode(call.approvers, type=tuple[str, ...])
                    found.append(HeldCall(call, approvers, record.enterprise))
        return found[:limit]

    def approve(self, principal: Principal, key: str) -> None:
        """Let it go. NotFoundError; RefusedError: the principal is none of its approvers, somebody was quicker."""
        self._demand(principal, key)
        self._acts.act(NoticeRequest("approve", key, principal.by))

    def reject(self, principal: Principal, key: str) -> None:
        """Stop it for good, in the same way."""
        self._demand(principal, key)
        self._acts.act(NoticeRequest("reject", key, principal.by))

    def _demand(self, principal: Principal, key: str) -> None:
        demand(principal, Permission.APPROVE)
        if not any(held.call.key == key for held in self.held(principal, MOST)):
            raise NotFoundError(f"no call {key} waits for an approval")
