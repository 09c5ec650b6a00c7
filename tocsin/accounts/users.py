"""The people who may use the centre."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from tocsin.accounts.refusals import Reason, RefusedError
from tocsin.accounts.roles import Permission, Principal, Role, Scope
from tocsin.accounts.schema import AccountsFile
from tocsin.accounts.trail import Trail
from tocsin.clock import Clock

Language = Literal["zh", "en"]

WHOLE_SITE: Final = Scope()

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_CONTACT: Final = re.compile(r"[A-Za-z0-9._-]{0,64}")
_MOST_TEXT: Final = 100
_SELECT: Final = (
    "SELECT name, display_name, role, scope_kind, scope_id, language, contact, disabled, password IS NOT NULL,"
    " oidc_subject IS NOT NULL, made_at, signed_in_at FROM users"
)


@dataclass(frozen=True, slots=True)
class User:
    """One person. `contact` is who they are in contacts.csv, where they are in it."""

    name: str
    display_name: str
    role: Role
    scope: Scope
    language: Language
    contact: str
    disabled: bool
    has_password: bool
    has_oidc: bool
    made_at_ms: int
    signed_in_at_ms: int | None

    def principal(self) -> Principal:
        """The user as the one behind a request, with all that the role gives."""
        return Principal(self.name, self.role, self.scope, self.display_name or self.name, self.contact, self.language)


class Users:
    """Thread-safe. Whoever changes somebody else must have Permission.USERS; else RefusedError."""

    def __init__(self, file: AccountsFile, trail: Trail, clock: Clock) -> None:
        self._file = file
        self._trail = trail
        self._clock = clock

    def all(self, by: Principal) -> list[User]:
        """In the order of their names."""
        demand(by)
        return [_user(row) for row in self._file.rows(f"{_SELECT} ORDER BY name")]

    def find(self, name: str) -> User | None:
        row = self._file.row(f"{_SELECT} WHERE name = ?", plain(name))
        return _user(row) if row else None

    def get(self, name: str) -> User:
        """RefusedError if there is none of that name."""
        user = self.find(name)
        if user is None:
            raise RefusedError(Reason.UNKNOWN_USER, plain(name))
        return user

    def has_administrator(self) -> bool:
        """Whether somebody who can sign in may manage users."""
        return bool(
            self._file.row(
                "SELECT 1 FROM users WHERE role = ? AND NOT disabled"
                " AND (password IS NOT NULL OR oidc_subject IS NOT NULL)",
                Role.ADMINISTRATOR,
            )
        )

    def add(
        self,
        by: Principal,
        name: str,
        role: Role,
        scope: Scope = WHOLE_SITE,
        *,
        display_name: str = "",
        language: Language = "zh",
        contact: str = "",
    ) -> User:
        """A user who can't sign in yet: a link of `Links.make` lets them choose a password."""
        demand(by)
        name = plain(name)
        if not _NAME.fullmatch(name):
            raise RefusedError(Reason.NAME_FORM, name[:80])
        check_fit(role, scope)
        check_texts(display_name, contact)
        with self._file.changing() as db:
            if self.find(name) is not None:
                raise RefusedError(Reason.NAME_TAKEN, name)
            db.execute(
                "INSERT INTO users (name, display_name, role, scope_kind, scope_id, language, contact, made_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (name, display_name, role, scope.kind, scope.id, language, contact, self._clock.now_ms()),
            )
            self._trail.add(db, by.name, "user.add", name, f"{role} {scope_text(scope)}")
        return self.get(name)

    def change_role(self, by: Principal, name: str, role: Role, scope: Scope) -> User:
        """Another role or scope ends the user's sessions: what they see must not outlast what they may."""
        demand(by)
        check_fit(role, scope)
        with self._file.changing() as db:
            user = self.get(name)
            if (user.role, user.scope) == (role, scope):
                return user
            db.execute(
                "UPDATE users SET role = ?, scope_kind = ?, scope_id = ? WHERE name = ?",
                (role, scope.kind, scope.id, user.name),
            )
            self._keep_one_administrator(user)
            db.execute("DELETE FROM sessions WHERE user = ?", (user.name,))
            before, now = (f"{r} {scope_text(s)}" for r, s in ((user.role, user.scope), (role, scope)))
            self._trail.add(db, by.name, "user.role", user.name, f"{before} -> {now}")
        return self.get(name)

    def change_details(self, by: Principal, name: str, *, display_name: str, contact: str) -> User:
        demand(by)
        check_texts(display_name, contact)
        with self._file.changing() as db:
            user = self.get(name)
            db.execute(
                "UPDATE users SET display_name = ?, contact = ? WHERE name = ?", (display_name, contact, user.name)
            )
            detail = f"{user.display_name} ({user.contact}) -> {display_name} ({contact})"
            self._trail.add(db, by.name, "user.details", user.name, detail)
        return self.get(name)

    def disable(self, by: Principal, name: str) -> User:
        """Ends the user's sessions; their tokens and links prove nothing any more. The name stays theirs."""
        demand(by)
        with self._file.changing() as db:
            user = self.get(name)
            db.execute("UPDATE users SET disabled = 1 WHERE name = ?", (user.name,))
            self._keep_one_administrator(user)
            for table in ("sessions", "one_time_links"):
                db.execute(f"DELETE FROM {table} WHERE user = ?", (user.name,))  # noqa: S608 - names of ours
            self._trail.add(db, by.name, "user.disable", user.name)
        return self.get(name)

    def enable(self, by: Principal, name: str) -> User:
        demand(by)
        with self._file.changing() as db:
            user = self.get(name)
            db.execute("UPDATE users SET disabled = 0 WHERE name = ?", (user.name,))
            self._trail.add(db, by.name, "user.enable", user.name)
        return self.get(name)

    def change_language(self, name: str, language: Language) -> None:
        """The user's own choice; it is no matter for the trail."""
        with self._file.changing() as db:
            db.execute("UPDATE users SET language = ? WHERE name = ?", (language, plain(name)))

    def demand_own(self, by: Principal, user: str | None) -> None:
        """RefusedError unless `user` is `by`, or one whom `by` may manage."""
        if by.name != user or by.via == "console":
            demand(by)

    def _keep_one_administrator(self, user: User) -> None:
        was_one = user.role is Role.ADMINISTRATOR and not user.disabled and (user.has_password or user.has_oidc)
        if was_one and not self.has_administrator():
            raise RefusedError(Reason.LAST_ADMINISTRATOR, user.name)


def demand(by: Principal) -> None:
    """RefusedError unless `by` may manage users."""
    if not by.may(Permission.USERS):
        raise RefusedError(Reason.NOT_ALLOWED, by.name)


def check_fit(role: Role, scope: Scope) -> None:
    """RefusedError where a role can't have that scope.

    A safety manager is one of an enterprise. Whoever manages users could give themselves the whole site, so that an
    administrator of less would be none.
    """
    if role is Role.SAFETY_MANAGER and scope.kind != "enterprise":
        raise RefusedError(Reason.MANAGER_SCOPE)
    if role is Role.ADMINISTRATOR and scope.kind != "site":
        raise RefusedError(Reason.ADMINISTRATOR_SCOPE)


def check_texts(display_name: str, contact: str) -> None:
    if len(display_name) > _MOST_TEXT or not display_name.isprintable():
        raise RefusedError(Reason.TEXT_LONG, str(_MOST_TEXT))
    if not _CONTACT.fullmatch(contact):
        raise RefusedError(Reason.UNKNOWN_CONTACT, contact[:80])


def plain(name: str) -> str:
    """Names are told apart without regard to case."""
    return name.strip().lower()


def scope_text(scope: Scope) -> str:
    """`site`, or `region:R1`, `park:P1`, `enterprise:E001`."""
    return scope.kind if scope.kind == "site" else f"{scope.kind}:{scope.id}"


def _user(row: tuple[object, ...]) -> User:
    name, display_name, role, kind, place, language, contact, disabled, password, oidc, made_at, signed_in_at = row
    return User(  # the columns are checked where they are written
        str(name), str(display_name), Role(str(role)), Scope(kind, str(place)), language, str(contact),  # type: ignore[arg-type]
        bool(disabled), bool(password), bool(oidc), made_at, signed_in_at,  # type: ignore[arg-type]
    )  # fmt: skip
