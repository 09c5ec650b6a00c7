"""API tokens: what a program shows instead of signing in."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from tocsin.accounts.proofs import digest, new_id, new_secret
from tocsin.accounts.refusals import Reason, RefusedError
from tocsin.accounts.roles import Permission, Principal
from tocsin.accounts.schema import AccountsFile
from tocsin.accounts.trail import Trail
from tocsin.accounts.users import Users
from tocsin.clock import Clock

PREFIX: Final = "tocsin_"
"""So that scanners of secrets can tell one that stands where it should not."""
MOST_DAYS: Final = 730
_TOUCH_MS: Final = 60_000
_MOST_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class Token:
    """`permissions` None: all of the owner's; `enterprises` None: all that the owner sees."""

    id: str
    user: str
    name: str
    permissions: frozenset[Permission] | None
    enterprises: frozenset[str] | None
    made_at_ms: int
    expires_at_ms: int
    used_at_ms: int | None


class Tokens:
    """Thread-safe. A token never allows more than its owner may at the time."""

    def __init__(self, file: AccountsFile, users: Users, trail: Trail, clock: Clock) -> None:
        self._file = file
        self._users = users
        self._trail = trail
        self._clock = clock

    def make(
        self,
        by: Principal,
        user: str,
        name: str,
        *,
        days: float = 90,
        permissions: Collection[Permission] | None = None,
        enterprises: Collection[str] | None = None,
    ) -> tuple[str, Token]:
        """(the token, which is never shown again; what is known of it).

        One's own by a session, or another's by whoever manages users. A token makes no tokens.
        """
        self._users.demand_own(by, user)
        if by.via == "token":
            raise RefusedError(Reason.NOT_ALLOWED, by.name)
        owner = self._users.get(user)
        if not 0 < days <= MOST_DAYS:
            raise RefusedError(Reason.TOKEN_SPAN, str(MOST_DAYS))
        if not name.strip() or len(name) > _MOST_NAME or not name.isprintable():
            raise RefusedError(Reason.TEXT_LONG, str(_MOST_NAME))
        if permissions is not None and not set(permissions) <= owner.principal().permissions:
            raise RefusedError(Reason.TOKEN_PERMISSIONS, " ".join(sorted(permissions)))
        secret, now_ms = PREFIX + new_secret(), self._clock.now_ms()
        limited = None if permissions is None else frozenset(permissions)
        only = None if enterprises is None else frozenset(enterprises)
        token = Token(
            new_id(), owner.name, name.strip(), limited, only, now_ms, now_ms + round(days * 86_400_000), None
        )
        with self._file.changing() as db:
            db.execute(
                "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)",
                (digest(secret), token.id, token.user, token.name, _kept(limited), _kept(only), now_ms,
                 token.expires_at_ms),
            )  # fmt: skip
            limits = " ".join(part for part in (_kept(limited), _kept(only)) if part is not None)
            self._trail.add(db, by.name, "token.make", owner.name, f"{token.id} {token.name} {limits}")
        return secret, token

    def principal(self, secret: str) -> Principal | None:
        """Who is behind a token; None if it is none, is over, was revoked, or its owner is disabled."""
        if not secret.startswith(PREFIX):
            return None
        now_ms, key = self._clock.now_ms(), digest(secret)
        row = self._file.row(f"SELECT {_COLUMNS} FROM tokens WHERE digest = ?", key)  # noqa: S608 - columns of ours
        if row is None:
            return None
        token = _token(row)
        owner = self._users.find(token.user)
        if now_ms >= token.expires_at_ms or owner is None or owner.disabled:
            return None
        if token.used_at_ms is None or now_ms - token.used_at_ms >= _TOUCH_MS:
            with self._file.changing() as db:
                db.execute("UPDATE tokens SET used_at = ? WHERE digest = ?", (now_ms, key))
        return replace(
            owner.principal(),
            limited_to=token.permissions,
            only_enterprises=token.enterprises,
            via="token",
            session=token.id,
        )

    def revoke(self, by: Principal, token: str) -> None:
        """By its public name. RefusedError if there is none of that name, or it is not for `by` to revoke."""
        with self._file.changing() as db:
            row = db.execute("SELECT user, name FROM tokens WHERE id = ?", (token,)).fetchone()
            if row is None or (row[0] != by.name and not by.may(Permission.USERS)):
                raise RefusedError(Reason.UNKNOWN_TOKEN, token[:80])
            db.execute("DELETE FROM tokens WHERE id = ?", (token,))
            self._trail.add(db, by.name, "token.revoke", row[0], f"{token} {row[1]}")

    def of(self, by: Principal, user: str | None) -> list[Token]:
        """The newest first, those that are over too; of everybody where `user` is None."""
        self._users.demand_own(by, user)
        query = f"SELECT {_COLUMNS} FROM tokens WHERE ?1 IS NULL OR user = ?1 ORDER BY made_at DESC, id"  # noqa: S608
        rows = self._file.rows(query, user)
        return [_token(row) for row in rows]


_COLUMNS: Final = "id, user, name, permissions, enterprises, made_at, expires_at, used_at"


def _kept(names: frozenset[str] | None) -> str | None:
    return None if names is None else msgspec.json.encode(sorted(names)).decode()


def _token(row: tuple[str, str, str, str | None, str | None, int, int, int | None]) -> Token:
    token, user, name, permissions, enterprises, made_at, expires_at, used_at = row
    limited = None if permissions is None else frozenset(map(Permission, msgspec.json.decode(permissions)))
    only = None if enterprises is None else frozenset(msgspec.json.decode(enterprises))
    return Token(token, user, name, limited, only, made_at, expires_at, used_at)
