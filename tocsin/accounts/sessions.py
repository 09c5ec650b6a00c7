"""Sessions: a browser that somebody has signed in with."""

import sqlite3
from dataclasses import dataclass, replace
from typing import Final

from tocsin.accounts.proofs import digest, new_id, new_secret
from tocsin.accounts.roles import Principal
from tocsin.accounts.schema import AccountsFile
from tocsin.accounts.trail import Trail
from tocsin.accounts.users import Users
from tocsin.clock import Clock

_TOUCH_MS: Final = 60_000
"""How exactly it is known when a session was last used."""
_MOST_AGENT: Final = 200


@dataclass(frozen=True, slots=True)
class SessionTimes:
    """How long a session lasts unused, and at most."""

    idle_s: float = 8 * 3_600.0
    absolute_s: float = 16 * 3_600.0


SHIFT: Final = SessionTimes()
"""Outlasts a night shift and its handing over."""


@dataclass(frozen=True, slots=True)
class Session:
    """`id` is its public name."""

    id: str
    user: str
    made_at_ms: int
    seen_at_ms: int
    address: str
    agent: str


class Sessions:
    """Thread-safe. Whoever has the secret of a session is its user, until it ends."""

    def __init__(self, file: AccountsFile, users: Users, trail: Trail, clock: Clock, times: SessionTimes) -> None:
        self._file = file
        self._users = users
        self._trail = trail
        self._clock = clock
        self.times = times

    def begin(self, user: str, address: str = "", agent: str = "") -> str:
        """A new session; its secret is the cookie's content. An older session's secret is never taken over."""
        secret, now_ms = new_secret(), self._clock.now_ms()
        with self._file.changing() as db:
            self._drop_ended(db, now_ms)
            row = (digest(secret), new_id(), user, now_ms, now_ms, address, agent[:_MOST_AGENT])
            db.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            db.execute("UPDATE users SET signed_in_at = ? WHERE name = ?", (now_ms, user))
            self._trail.add(db, user, "session.begin", user, row[1], address)
        return secret

    def principal(self, secret: str) -> Principal | None:
        """Who is behind the cookie; None if the session has ended or never was. Counts as use."""
        now_ms, key = self._clock.now_ms(), digest(secret)
        row = self._file.row("SELECT id, user, made_at, seen_at FROM sessions WHERE digest = ?", key)
        if row is None or not self._lasts(row[2], row[3], now_ms):
            return None
        user = self._users.find(row[1])
        if user is None or user.disabled:
            return None
        if now_ms - row[3] >= _TOUCH_MS:
            with self._file.changing() as db:
                db.execute("UPDATE sessions SET seen_at = max(seen_at, ?) WHERE digest = ?", (now_ms, key))
        return replace(user.principal(), via="session", session=row[0])

    def end(self, secret: str, address: str = "") -> None:
        """Sign out."""
        with self._file.changing() as db:
            row = db.execute("SELECT id, user FROM sessions WHERE digest = ?", (digest(secret),)).fetchone()
            if row is not None:
                db.execute("DELETE FROM sessions WHERE digest = ?", (digest(secret),))
                self._trail.add(db, row[1], "session.end", row[1], row[0], address)

    def end_one(self, by: Principal, session: str) -> None:
        """One of one's own, by its public name; one that is not there is no mistake."""
        with self._file.changing() as db:
            gone = db.execute("DELETE FROM sessions WHERE id = ? AND user = ?", (session, by.name)).rowcount
            if gone:
                self._trail.add(db, by.name, "session.end", by.name, session)

    def end_all(self, by: Principal, user: str) -> None:
        """Sign out everywhere: oneself, or whom one may manage."""
        self._users.demand_own(by, user)
        with self._file.changing() as db:
            gone = db.execute("DELETE FROM sessions WHERE user = ?", (user,)).rowcount
            self._trail.add(db, by.name, "session.end_all", user, str(gone))

    def of(self, by: Principal, user: str) -> list[Session]:
        """Those that last, the last used first."""
        self._users.demand_own(by, user)
        now_ms = self._clock.now_ms()
        rows = self._file.rows(
            "SELECT id, user, made_at, seen_at, address, agent FROM sessions WHERE user = ? ORDER BY seen_at DESC", user
        )
        return [Session(*row) for row in rows if self._lasts(row[2], row[3], now_ms)]

    def _lasts(self, made_at_ms: int, seen_at_ms: int, now_ms: int) -> bool:
        idle_ms, age_ms = now_ms - seen_at_ms, now_ms - made_at_ms
        return idle_ms < self.times.idle_s * 1000 and age_ms < self.times.absolute_s * 1000

    def _drop_ended(self, db: sqlite3.Connection, now_ms: int) -> None:
        db.execute(
            "DELETE FROM sessions WHERE seen_at <= ? OR made_at <= ?",
            (now_ms - self.times.idle_s * 1000, now_ms - self.times.absolute_s * 1000),
        )
