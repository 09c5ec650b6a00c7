"""Who signed in, who failed to, and who changed what about users and tokens. Rows are only added."""

import sqlite3
from dataclasses import dataclass

from tocsin.accounts.schema import AccountsFile
from tocsin.clock import Clock

_MOST_DETAIL = 500


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """`who` did `what` (user.add, session.begin, session.refused, ...) about a user or token, from `address`."""

    seq: int
    at_ms: int
    who: str
    what: str
    about: str
    detail: str
    address: str


class Trail:
    """Thread-safe."""

    def __init__(self, file: AccountsFile, clock: Clock) -> None:
        self._file = file
        self._clock = clock

    def add(self, db: sqlite3.Connection, who: str, what: str, about: str, detail: str = "", address: str = "") -> None:
        """Within the transaction that does it. Nothing here may be a secret."""
        row = (self._clock.now_ms(), who, what, about, detail[:_MOST_DETAIL], address)
        db.execute("INSERT INTO trail (at, who, what, about, detail, address) VALUES (?, ?, ?, ?, ?, ?)", row)

    def newest(
        self, limit: int = 100, *, user: str | None = None, before: int | None = None, what: str | None = None
    ) -> list[TrailEntry]:
        """The newest first; of one user whatever they did and whatever was done about them; `before` a `seq`; `what`
        is a kind (`session.refused`) or the beginning of several (`session.`)."""
        rows = self._file.rows(
            "SELECT seq, at, who, what, about, detail, address FROM trail WHERE (?1 IS NULL OR who = ?1 OR about = ?1)"
            " AND (?2 IS NULL OR seq < ?2) AND (?3 IS NULL OR substr(what, 1, length(?3)) = ?3)"
            " ORDER BY seq DESC LIMIT ?4",
            user,
            before,
            what,
            limit,
        )
        return [TrailEntry(*row) for row in rows]
