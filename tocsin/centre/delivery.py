"""Whether word of alarms gets through: channels, what is owed, and what every way failed for."""

from typing import Final, Literal, NamedTuple

from alerts.record import AlarmRecord
from tocsin.accounts.roles import Permission, Principal
from tocsin.book import BookReader
from tocsin.book.channels import ChannelRecord, channel_records
from tocsin.book.outbox_reader import OutboxReader, OwedCall
from tocsin.centre.alarms import reading
from tocsin.centre.grounds import Grounds
from tocsin.centre.sight import demand
from tocsin.clock import Clock
from tocsin.records import Records

MOST: Final = 200
_LOOKED_AT: Final = 5_000
_DAY_MS: Final = 86_400_000


class OwedOf(NamedTuple):
    """A call and the alarm that it tells of."""

    call: OwedCall
    record: AlarmRecord


class CentreDelivery:
    """Thread-safe; blocks for a moment. UnavailableError while the book can't be read."""

    def __init__(self, records: Records, grounds: Grounds, clock: Clock) -> None:
        self._records = records
        self._grounds = grounds
        self._clock = clock

    def channels(self, principal: Principal, hours: float = 24.0) -> list[ChannelRecord]:
        """How each channel has done with alarms in sight. What a provider answered is for who sees the whole site."""
        demand(principal, Permission.VIEW)
        sight = self._grounds.now().sight(principal)
        since_ms = self._clock.now_ms() - round(hours / 24 * _DAY_MS)
        with reading(self._records) as db:
            return channel_records(db, since_ms, None if sight.whole else sight.enterprises)

    def calls(self, principal: Principal, state: Literal["dead", "due", "sending"], limit: int = 100) -> list[OwedOf]:
        """Calls of alarms in sight that are in this state, the newest first."""
        demand(principal, Permission.VIEW)
        sight = self._grounds.now().sight(principal)
        found: list[OwedOf] = []
        with reading(self._records) as db:
            book = BookReader(db)
            known: dict[str, AlarmRecord | None] = {}
            for call in OutboxReader(db).calls(state=state, limit=_LOOKED_AT):
                if call.alarm not in known:
                    known[call.alarm] = book.alarm(call.alarm)
                record = known[call.alarm]
                if record is not None and sight.sees(record.enterprise):
                    found.append(OwedOf(call, record))
                    if len(found) >= min(limit, MOST):
                        break
        return found
