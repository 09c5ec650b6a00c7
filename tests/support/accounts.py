"""Accounts in a folder of a test, with a clock that stands still unless told."""

from pathlib import Path

from tocsin.accounts.accounts import COMMAND_LINE, Accounts
from tocsin.accounts.roles import Principal, Role, Scope
from tocsin.accounts.users import WHOLE_SITE

NOW_MS = 1_790_000_000_000
PASSWORD = "a bell in the night"


class Clock:
    """Stands still unless told."""

    def __init__(self) -> None:
        self.ms = NOW_MS

    def now_ms(self) -> int:
        return self.ms

    def monotonic_s(self) -> float:
        return self.ms / 1000

    def forward(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)


class Desk:
    """Accounts, and users who have a password."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.accounts = Accounts.open(folder / "accounts.sqlite", self.clock)

    def user(self, name: str, role: Role = Role.OPERATOR, scope: Scope = WHOLE_SITE, **details: str) -> str:
        """Add a user with PASSWORD; the cookie of their session."""
        self.accounts.users.add(COMMAND_LINE, name, role, scope, **details)  # type: ignore[arg-type]
        return self.accounts.use_link(self.accounts.links.make(COMMAND_LINE, name), PASSWORD)

    def principal(self, cookie: str) -> Principal:
        """Who is behind the cookie; there must be somebody."""
        found = self.accounts.principal_of_session(cookie)
        assert found is not None
        return found
