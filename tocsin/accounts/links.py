"""One-time links: the first administrator's, invitations, and new passwords for those who forgot theirs."""

from dataclasses import dataclass
from typing import Final, Literal

from tocsin.accounts.proofs import digest, new_secret
from tocsin.accounts.refusals import Reason, RefusedError
from tocsin.accounts.roles import Principal
from tocsin.accounts.schema import AccountsFile
from tocsin.accounts.trail import Trail
from tocsin.accounts.users import Users, demand
from tocsin.clock import Clock

LinkKind = Literal["set_up", "invitation", "reset"]

VALID_S: Final[dict[LinkKind, float]] = {"set_up": 24 * 3_600.0, "invitation": 72 * 3_600.0, "reset": 24 * 3_600.0}


@dataclass(frozen=True, slots=True)
class Link:
    """What a link is good for. `user` is None in the set-up link: whoever has it names the first administrator."""

    kind: LinkKind
    user: str | None
    expires_at_ms: int


class Links:
    """Thread-safe. A link is kept as its hash, works once, and ends when a newer one for the same is made."""

    def __init__(self, file: AccountsFile, users: Users, trail: Trail, clock: Clock) -> None:
        self._file = file
        self._users = users
        self._trail = trail
        self._clock = clock

    def set_up(self) -> str | None:
        """The secret of a link that makes the first administrator; None if there is one who can sign in."""
        with self._file.changing() as db:
            db.execute("DELETE FROM one_time_links WHERE kind = 'set_up'")
            if self._users.has_administrator():
                return None
            return self._make("set_up", None, "console")

    def make(self, by: Principal, user: str) -> str:
        """The secret of a link by which the user chooses a password: the first, or a new one."""
        demand(by)
        with self._file.changing() as db:
            found = self._users.get(user)
            if found.disabled:
                raise RefusedError(Reason.UNKNOWN_USER, found.name)
            db.execute("DELETE FROM one_time_links WHERE user = ?", (found.name,))
            return self._make("reset" if found.has_password else "invitation", found.name, by.name)

    def look(self, secret: str) -> Link | None:
        """What the link is good for; None for one that was used, is over, or never was. Looking does not use it up."""
        row = self._file.row(
            "SELECT kind, user, expires_at FROM one_time_links WHERE digest = ? AND expires_at > ?",
            digest(secret),
            self._clock.now_ms(),
        )
        if row is None or (row[0] == "set_up" and self._users.has_administrator()):
            return None
        return Link(*row)

    def use_up(self, secret: str) -> Link:
        """Within the transaction that does what it is good for. RefusedError where `look` finds none."""
        with self._file.changing() as db:
            link = self.look(secret)
            if link is None:
                raise RefusedError(Reason.LINK_INVALID)
            db.execute("DELETE FROM one_time_links WHERE digest = ?", (digest(secret),))
        return link

    def _make(self, kind: LinkKind, user: str | None, by: str) -> str:
        secret, now_ms = new_secret(), self._clock.now_ms()
        with self._file.changing() as db:
            db.execute("DELETE FROM one_time_links WHERE expires_at <= ?", (now_ms,))
            row = (digest(secret), user, kind, by, now_ms + round(VALID_S[kind] * 1000))
            db.execute("INSERT INTO one_time_links VALUES (?, ?, ?, ?, ?)", row)
            self._trail.add(db, by, f"link.{kind}", user or "")
        return secret
