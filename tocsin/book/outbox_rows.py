"""Rows of the outbox on their way: what is owed, the message that carries it, and what becomes of it."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

import msgspec

from alerts.call import Way

COLUMNS: Final = (
    "o.seq, o.key, o.channel, o.contact, o.ways, o.way, o.alarm, o.n, o.purpose, o.route, o.urgent, o.named, o.haste,"
    " o.attempts, o.first_at"
)
"""Of `outbox AS o`, as `owed` takes them."""


class Owed(NamedTuple):
    """One event that one recipient is to be told of, over one channel.

    `ways` is empty for a target of `[[webhook]]`; then there is no contact. `attempts` and `first_at` (ms) are those
    over the way it is at.
    """

    seq: int
    key: str
    channel: str
    contact: str
    ways: tuple[Way, ...]
    way: int
    alarm: str
    n: int
    purpose: str
    route: str
    urgent: bool
    named: bool
    haste: int
    attempts: int
    first_at_ms: int | None

    @property
    def event_id(self) -> str:
        return f"{self.alarm}.{self.n}"


class Message(NamedTuple):
    """What goes to one recipient at once: `rows` are told one by one, `covered` by being counted."""

    channel: str
    contact: str
    rows: tuple[Owed, ...]
    covered: tuple[Owed, ...] = ()
    again: bool = False
    """It was tried before."""

    @property
    def id(self) -> str:
        """The same for the same rows over the same way, so that a receiver knows a message that comes twice."""
        first = self.rows[0]
        if not first.ways:
            return first.event_id
        if len(self.rows) == 1 and not self.covered:
            return _name(first)
        digest = blake2b(digest_size=10)
        for row in (*self.rows, *self.covered):
            digest.update(_name(row).encode() + b"\n")
        return f"m{digest.hexdigest()}"

    @property
    def all(self) -> tuple[Owed, ...]:
        return (*self.rows, *self.covered)

    @property
    def urgent(self) -> bool:
        return any(row.urgent or row.named for row in self.rows)


class Again(NamedTuple):
    """The same way is tried again from `at_ms` on; as it was (`whole`), or together with what has come meanwhile."""

    at_ms: int
    whole: bool = True
    counted: bool = True
    """It failed. A limit of the provider is no failure."""


class PassOn(NamedTuple):
    """The way with this index is tried, from `at_ms` on."""

    way: int
    at_ms: int


class Dead(NamedTuple):
    """There is no way left."""


Fate = Again | PassOn | Dead


def owed(columns: Sequence[object]) -> Owed:
    """A row from COLUMNS."""
    row = Owed(*columns)  # type: ignore[arg-type]
    ways = msgspec.json.decode(str(columns[4]), type=tuple[Way, ...]) if columns[4] else ()
    return row._replace(ways=ways, urgent=bool(row.urgent), named=bool(row.named))


def _name(row: Owed) -> str:
    return f"{row.key}.{row.way}" if row.way else row.key
