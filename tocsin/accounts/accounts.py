"""Accounts: users, sessions, tokens, links and their trail, in one file of the data folder."""

import sqlite3
from pathlib import Path
from typing import Final, Self

from tocsin.accounts.attempts import Attempts, Standing
from tocsin.accounts.links import Links
from tocsin.accounts.oidc_flows import OidcFlows
from tocsin.accounts.oidc_users import OidcUsers
from tocsin.accounts.passwords import Passwords, check_password
from tocsin.accounts.refusals import Reason, RefusedError
from tocsin.accounts.roles import Principal, Role
from tocsin.accounts.schema import AccountsFile
from tocsin.accounts.sessions import SHIFT, Sessions, SessionTimes
from tocsin.accounts.tokens import Tokens
from tocsin.accounts.trail import Trail
from tocsin.accounts.users import Language, Users, plain
from tocsin.clock import Clock

COMMAND_LINE: Final = Principal("command line", Role.ADMINISTRATOR, via="console")
"""Whoever can run commands on the data folder can do anything with it."""


class Accounts:
    """All about who may use the centre. Thread-safe; each call may block for some milliseconds, those that check a
    password for a tenth of a second. Mistakes of people are RefusedError."""

    def __init__(self, file: AccountsFile, clock: Clock, times: SessionTimes) -> None:
        self._file = file
        self._clock = clock
        self._passwords = Passwords()
        self._attempts = Attempts(file, clock)
        self.trail = Trail(file, clock)
        self.users = Users(file, self.trail, clock)
        self.sessions = Sessions(file, self.users, self.trail, clock, times)
        self.tokens = Tokens(file, self.users, self.trail, clock)
        self.links = Links(file, self.users, self.trail, clock)
        self.oidc_flows = OidcFlows(file, clock)
        self.oidc_users = OidcUsers(file, self.users, self.sessions, self.trail)

    @classmethod
    def open(cls, path: Path, clock: Clock, times: SessionTimes = SHIFT) -> Self:
        """The file is made where it is not there, and brought up to date. AccountsFileError if that can't be done."""
        return cls(AccountsFile(path), clock, times)

    def close(self) -> None:
        self._file.close()

    def principal_of_session(self, cookie: str) -> Principal | None:
        """Who is behind the session cookie, or None. Counts as use of the session."""
        return self.sessions.principal(cookie)

    def principal_of_token(self, token: str) -> Principal | None:
        """Who is behind an API token, or None."""
        return self.tokens.principal(token)

    def sign_in(self, name: str, password: str, address: str = "", agent: str = "") -> str:
        """The cookie of a new session. RefusedError: WRONG whatever of it is wrong, or OFTEN.

        It takes as long for a user who is not there, is disabled or has no password.
        """
        name = plain(name)[:64]
        self._count(name, address)
        kept = self._kept_password(name)
        right = self._passwords.holds(kept, password)
        with self._file.changing() as db:
            user = self.users.find(name)
            if not right or user is None or user.disabled or self._kept_password(name) != kept:
                self._refused(db, name, Reason.WRONG, address)
            else:
                if kept is not None and self._passwords.is_old(kept):
                    self._keep_password(name, self._passwords.keep(password))
                self._attempts.succeeded(name, address)
                return self.sessions.begin(name, address, agent)
        raise RefusedError(Reason.WRONG)

    def change_password(self, by: Principal, old: str, new: str, address: str = "", agent: str = "") -> str:
        """One's own. Ends all of one's sessions; returns the cookie of a new one."""
        self._count(by.name, address)
        check_password(new, by.name)
        if by.via != "session" or not self._passwords.holds(self._kept_password(by.name), old):
            raise RefusedError(Reason.WRONG)
        self._attempts.succeeded(by.name, address)
        kept = self._passwords.keep(new)
        with self._file.changing() as db:
            self._keep_password(by.name, kept)
            db.execute("DELETE FROM sessions WHERE user = ?", (by.name,))
            self.trail.add(db, by.name, "user.password", by.name, "", address)
            return self.sessions.begin(by.name, address, agent)

    def use_link(
        self,
        secret: str,
        password: str,
        *,
        name: str = "",
        display_name: str = "",
        language: Language = "zh",
        address: str = "",
        agent: str = "",
    ) -> str:
        """Set the password that a one-time link is for; the cookie of a new session. All older sessions end.

        `name`, `display_name` and `language` are the first administrator's, and matter with a set-up link only.
        """
        link = self.links.look(secret)
        if link is None:
            raise RefusedError(Reason.LINK_INVALID)
        check_password(password, plain(name) if link.user is None else link.user)
        kept = self._passwords.keep(password)
        with self._file.changing() as db:
            link = self.links.use_up(secret)
            user = link.user or self._first_administrator(name, display_name, language)
            self._keep_password(user, kept)
            db.execute("DELETE FROM sessions WHERE user = ?", (user,))
            self.trail.add(db, user, "user.password", user, f"link.{link.kind}", address)
            self._attempts.succeeded(user, address)
            return self.sessions.begin(user, address, agent)

    def _first_administrator(self, name: str, display_name: str, language: Language) -> str:
        """Made, or found where the only one can't sign in."""
        found = self.users.find(name)
        if found is not None and found.role is Role.ADMINISTRATOR and not found.disabled:
            return found.name
        return self.users.add(COMMAND_LINE, name, Role.ADMINISTRATOR, display_name=display_name, language=language).name

    def _count(self, name: str, address: str) -> None:
        standing = self._attempts.begin(name, address)
        if standing is Standing.NOW_TOO_OFTEN:
            with self._file.changing() as db:
                self._refused(db, name, Reason.OFTEN, address)
        if standing is not Standing.ALLOWED:
            raise RefusedError(Reason.OFTEN)

    def _refused(self, db: sqlite3.Connection, name: str, reason: Reason, address: str) -> None:
        """A name that is nobody's is not kept: it may be a password in the wrong field."""
        who = name if self.users.find(name) is not None else ""
        self.trail.add(db, who, "session.refused", who, reason, address)

    def _kept_password(self, name: str) -> str | None:
        row = self._file.row("SELECT password FROM users WHERE name = ?", name)
        return None if row is None else row[0]

    def _keep_password(self, name: str, kept: str) -> None:
        with self._file.changing() as db:
            db.execute("UPDATE users SET password = ? WHERE name = ?", (kept, name))
