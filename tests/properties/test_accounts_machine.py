"""Sessions, tokens and users under any history: nobody is let in beyond what holds at the moment."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from support.accounts import Clock

from alerts.place import Places
from plant.site import Enterprise, Region, Site
from tocsin.accounts.accounts import COMMAND_LINE, Accounts
from tocsin.accounts.refusals import RefusedError
from tocsin.accounts.roles import PERMISSIONS, Permission, Principal, Role, Scope
from tocsin.accounts.users import check_fit
from tocsin.centre.sight import sight_of

NAMES = st.sampled_from(["li", "wang", "chen"])
SCOPES = st.one_of(
    st.just(Scope()),
    st.builds(
        Scope, st.sampled_from(["region", "park", "enterprise"]), st.sampled_from(["R1", "R2", "P1", "E1", "E2"])
    ),
)
SUBSETS = st.none() | st.frozensets(st.sampled_from(list(Permission)))
ENTERPRISES = st.none() | st.frozensets(st.sampled_from(["E1", "E2", "E3", "E9"]))
SITE = Site(
    "s", "UTC", None, None,
    regions={"R1": Region("R1", None, "r"), "R2": Region("R2", "R1", "r")},
    enterprises={
        "E1": Enterprise("E1", "e", "R1", "P1"), "E2": Enterprise("E2", "e", "R2", "P1"),
        "E3": Enterprise("E3", "e", "R3"),
    },
)  # fmt: skip


@dataclass
class Person:
    role: Role
    scope: Scope
    disabled: bool = False


class AccountsMachine(RuleBasedStateMachine):
    """A plain model beside the real file; passwords are left out, for they are slow and have tests of their own."""

    cookies: Bundle[str] = Bundle("cookies")
    tokens: Bundle[str] = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.accounts = Accounts.open(Path(self.folder.name) / "accounts.sqlite", self.clock)
        self.people: dict[str, Person] = {}
        self.sessions: dict[str, tuple[str, int]] = {}
        """Cookie -> (user, ms since the epoch at which it ends at the latest)."""
        self.used: dict[str, int] = {}
        """Cookie -> when it was used, which is known to the minute."""
        self.given: dict[str, tuple[str, int, frozenset[Permission] | None, frozenset[str] | None]] = {}

    def teardown(self) -> None:
        self.accounts.close()
        self.folder.cleanup()

    @rule(name=NAMES, role=st.sampled_from(Role), scope=SCOPES)
    def add_or_change(self, name: str, role: Role, scope: Scope) -> None:
        fits = True
        try:
            check_fit(role, scope)
        except RefusedError:
            fits = False
        act: Any = self.accounts.users.change_role if name in self.people else self.accounts.users.add
        if not fits:
            with pytest.raises(RefusedError):
                act(COMMAND_LINE, name, role, scope)
            return
        act(COMMAND_LINE, name, role, scope)
        before = self.people.get(name)
        if before is not None and (before.role, before.scope) != (role, scope):
            self._end(name)
        self.people[name] = Person(role, scope, before.disabled if before is not None else False)

    @rule(name=NAMES, disabled=st.booleans())
    def disable_or_enable(self, name: str, disabled: bool) -> None:
        act = self.accounts.users.disable if disabled else self.accounts.users.enable
        if name not in self.people:
            with pytest.raises(RefusedError):
                act(COMMAND_LINE, name)
            return
        act(COMMAND_LINE, name)
        self.people[name].disabled = disabled
        if disabled:
            self._end(name)

    @rule(target=cookies, name=NAMES)
    def begin(self, name: str) -> str:
        if name not in self.people or self.people[name].disabled:
            return "no session"
        cookie = self.accounts.sessions.begin(name)
        self.sessions[cookie] = (name, self.clock.ms + round(self.accounts.sessions.times.absolute_s * 1000))
        self.used[cookie] = self.clock.ms
        return cookie

    @rule(cookie=cookies)
    def end(self, cookie: str) -> None:
        self.accounts.sessions.end(cookie)
        self.sessions.pop(cookie, None)

    @rule(name=NAMES)
    def end_all(self, name: str) -> None:
        self.accounts.sessions.end_all(COMMAND_LINE, name)
        self._end(name)

    @rule(target=tokens, name=NAMES, permissions=SUBSETS, enterprises=ENTERPRISES, days=st.integers(1, 3))
    def make_token(
        self, name: str, permissions: frozenset[Permission] | None, enterprises: frozenset[str] | None, days: int
    ) -> str:
        person = self.people.get(name)
        if person is None or not (permissions or frozenset()) <= self._allowed(name):
            with pytest.raises(RefusedError):
                self.accounts.tokens.make(
                    COMMAND_LINE, name, "x", days=days, permissions=permissions, enterprises=enterprises
                )
            return "no token"
        secret, _ = self.accounts.tokens.make(
            COMMAND_LINE, name, "x", days=days, permissions=permissions, enterprises=enterprises
        )
        self.given[secret] = (name, self.clock.ms + days * 86_400_000, permissions, enterprises)
        return secret

    @rule(minutes=st.sampled_from([0.5, 5, 59, 479, 481, 900, 1440]))
    def time_goes_on(self, minutes: float) -> None:
        self.clock.forward(minutes * 60)

    @rule(cookie=cookies)
    def use(self, cookie: str) -> None:
        who = self.accounts.principal_of_session(cookie)
        expected = self._behind(cookie)
        assert (who and who.name) == expected
        if who is not None and expected is not None:
            if self.clock.ms - self.used[cookie] >= 60_000:
                self.used[cookie] = self.clock.ms
            person = self.people[expected]
            assert (who.role, who.scope, who.limited_to, who.only_enterprises) == (
                person.role, person.scope, None, None
            )  # fmt: skip

    @rule(token=tokens)
    def show(self, token: str) -> None:
        who = self.accounts.principal_of_token(token)
        owner, ends_at_ms, permissions, enterprises = self.given.get(token, ("", 0, None, None))
        lasts = owner in self.people and not self.people[owner].disabled and self.clock.ms < ends_at_ms
        assert (who is not None) == lasts
        if who is not None:
            assert who.permissions <= self._allowed(owner)
            assert permissions is None or who.permissions <= permissions
            owners = Principal(owner, self.people[owner].role, self.people[owner].scope)
            places = Places(SITE)
            seen, all_seen = (sight_of(one, SITE, places).enterprises for one in (who, owners))
            assert seen <= all_seen
            assert enterprises is None or seen <= enterprises

    @invariant()
    def rows_of_the_trail_are_only_added(self) -> None:
        newest = self.accounts.trail.newest(1)
        rows = self.accounts.trail.newest(100_000)
        assert [row.seq for row in rows] == list(range(len(rows), 0, -1))
        assert rows[:1] == newest

    def _allowed(self, name: str) -> frozenset[Permission]:
        person = self.people[name]
        return Principal(name, person.role, person.scope).permissions

    def _behind(self, cookie: str) -> str | None:
        """The user behind the cookie by the model."""
        if cookie not in self.sessions:
            return None
        name, ends_at_ms = self.sessions[cookie]
        idle_ms = self.accounts.sessions.times.idle_s * 1000
        return name if self.clock.ms < min(ends_at_ms, self.used[cookie] + idle_ms) else None

    def _end(self, name: str) -> None:
        self.sessions = {cookie: of for cookie, of in self.sessions.items() if of[0] != name}


AccountsMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestAccountsMachine = AccountsMachine.TestCase


@given(role=st.sampled_from(Role), scope=SCOPES, permissions=SUBSETS, enterprises=ENTERPRISES)
def test_nobody_may_more_than_the_role_and_nobody_of_an_enterprise_may_silence(
    role: Role, scope: Scope, permissions: frozenset[Permission] | None, enterprises: frozenset[str] | None
) -> None:
    who = Principal("li", role, scope, limited_to=permissions, only_enterprises=enterprises)
    assert who.permissions <= PERMISSIONS[role]
    if scope.kind == "enterprise" or role is Role.SAFETY_MANAGER:
        assert not who.permissions & {Permission.SHELVE, Permission.OVERRIDE, Permission.RESET, Permission.USERS}
    sight = sight_of(who, SITE, Places(SITE))
    if scope.kind != "site":
        assert not sight.whole
        assert not sight.sees("")
    if scope.kind == "enterprise":
        assert sight.enterprises <= {scope.id}
    assert sight.enterprises <= SITE.enterprises.keys()
