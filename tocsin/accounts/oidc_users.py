"""Users whom an identity provider vouches for."""

from tocsin.accounts.refusals import Reason, RefusedError
from tocsin.accounts.roles import Principal, Role, Scope
from tocsin.accounts.schema import AccountsFile
from tocsin.accounts.sessions import Sessions
from tocsin.accounts.trail import Trail
from tocsin.accounts.users import Users, plain

_PROVIDER = Principal("identity provider", Role.ADMINISTRATOR, via="console")
"""Stands for whoever wrote the rules of [console.oidc]."""


class OidcUsers:
    """Thread-safe."""

    def __init__(self, file: AccountsFile, users: Users, sessions: Sessions, trail: Trail) -> None:
        self._file = file
        self._users = users
        self._sessions = sessions
        self._trail = trail

    def sign_in(
        self,
        subject: str,
        name: str,
        display_name: str,
        place: tuple[Role, Scope] | None,
        *,
        by_rules: bool,
        address: str = "",
        agent: str = "",
    ) -> str:
        """The cookie of a new session. RefusedError (OIDC_UNKNOWN) for who is not admitted.

        `subject` is who the provider says it is, for ever; `name` may change and decides only the first time. With
        `by_rules` the role and scope are `place`, each time, and None admits nobody. Without, an administrator has
        added the user, who has no password: a name at the provider is no proof of being a user who has one.
        """
        try:
            with self._file.changing():
                user = self._admitted(subject, plain(name)[:64], display_name, place, by_rules)
                return self._sessions.begin(user, address, agent)
        except RefusedError as refused:
            with self._file.changing() as db:
                shown = plain(name)[:64]
                self._trail.add(db, shown, "session.refused", shown, refused.reason, address)
            raise RefusedError(Reason.OIDC_UNKNOWN) from refused

    def _admitted(
        self, subject: str, name: str, display_name: str, place: tuple[Role, Scope] | None, by_rules: bool
    ) -> str:
        row = self._file.row("SELECT name FROM users WHERE oidc_subject = ?", subject)
        user = self._users.get(row[0]) if row is not None else self._users.find(name)
        if (by_rules and place is None) or (user is None and not by_rules):
            raise RefusedError(Reason.OIDC_UNKNOWN)
        if user is not None and (user.disabled or (row is None and (user.has_password or user.has_oidc))):
            raise RefusedError(Reason.OIDC_UNKNOWN)
        if user is None:
            assert place is not None  # noqa: S101 - the refusals are above
            shown = "".join(filter(str.isprintable, display_name))[:100]
            user = self._users.add(_PROVIDER, name, *place, display_name=shown)
        elif place is not None:
            user = self._users.change_role(_PROVIDER, user.name, *place)
        if row is None:
            with self._file.changing() as db:
                db.execute("UPDATE users SET oidc_subject = ? WHERE name = ?", (subject, user.name))
                self._trail.add(db, _PROVIDER.name, "user.oidc", user.name)
        return user.name
