"""Signing in: sessions, links, passwords, limits."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from support.accounts import PASSWORD, Desk

from tocsin.accounts.accounts import COMMAND_LINE, Accounts
from tocsin.accounts.links import VALID_S
from tocsin.accounts.refusals import Reason, RefusedError
from tocsin.accounts.roles import Role, Scope
from tocsin.accounts.schema import AccountsFileError


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.accounts.close()


def refused(reason: Reason) -> "pytest.RaisesExc[RefusedError]":
    return pytest.raises(RefusedError, match=f"^{reason}")


def test_the_first_start_has_no_password_but_a_link(desk: Desk) -> None:
    accounts = desk.accounts
    with refused(Reason.WRONG):
        accounts.sign_in("admin", "admin")
    older, link = accounts.links.set_up(), accounts.links.set_up()
    assert older is not None
    assert link is not None
    assert accounts.links.look(older) is None, "each start's link ends the one before"
    cookie = accounts.use_link(link, PASSWORD, name="Wang", display_name="王芳")
    who = desk.principal(cookie)
    assert (who.name, who.role, who.display_name, who.by) == ("wang", Role.ADMINISTRATOR, "王芳", "wang")
    assert accounts.links.set_up() is None
    with refused(Reason.LINK_INVALID):
        accounts.use_link(link, PASSWORD, name="mallory")


def test_a_set_up_link_ends_with_its_time_and_with_the_first_administrator(desk: Desk) -> None:
    link = desk.accounts.links.set_up()
    assert link is not None
    desk.user("wang", Role.ADMINISTRATOR)
    assert desk.accounts.links.look(link) is None
    desk.accounts.users.add(COMMAND_LINE, "li", Role.VIEWER)
    invitation = desk.accounts.links.make(COMMAND_LINE, "li")
    desk.clock.forward(VALID_S["invitation"] - 1)
    assert desk.accounts.links.look(invitation) is not None
    desk.clock.forward(1)
    with refused(Reason.LINK_INVALID):
        desk.accounts.use_link(invitation, PASSWORD)


def test_a_link_works_once_and_ends_older_ones_and_sessions(desk: Desk) -> None:
    cookie = desk.user("li")
    first, second = (desk.accounts.links.make(COMMAND_LINE, "li") for _ in range(2))
    with refused(Reason.LINK_INVALID):
        desk.accounts.use_link(first, PASSWORD)
    desk.accounts.use_link(second, "another bell at noon")
    assert desk.accounts.principal_of_session(cookie) is None
    with refused(Reason.LINK_INVALID):
        desk.accounts.use_link(second, PASSWORD)
    with refused(Reason.WRONG):
        desk.accounts.sign_in("li", PASSWORD)
    assert desk.accounts.sign_in("LI ", "another bell at noon")


def test_two_who_open_one_link_at_once_are_one(desk: Desk) -> None:
    desk.accounts.users.add(COMMAND_LINE, "li", Role.VIEWER)
    link = desk.accounts.links.make(COMMAND_LINE, "li")
    ends: list[str] = []

    def use() -> None:
        try:
            desk.accounts.use_link(link, PASSWORD)
            ends.append("in")
        except RefusedError as error:
            ends.append(error.reason)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(ends) == ["in", *["link_invalid"] * 3]


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", Reason.PASSWORD_SHORT),
        ("ｅｌｅｖｅｎ ｃｈａｒ", Reason.PASSWORD_SHORT),
        ("aaaaaaaaaaaaaaaa", Reason.PASSWORD_SIMPLE),
        ("zhangwei-zhangwei", Reason.PASSWORD_SIMPLE),
        ("x1y2" * 65, Reason.PASSWORD_LONG),
    ],
)
def test_passwords_that_are_not_taken(desk: Desk, password: str, reason: Reason) -> None:
    desk.accounts.users.add(COMMAND_LINE, "zhangwei", Role.VIEWER)
    link = desk.accounts.links.make(COMMAND_LINE, "zhangwei")
    with refused(reason):
        desk.accounts.use_link(link, password)
    assert desk.accounts.links.look(link) is not None, "the link still works"


def test_full_and_half_width_are_one_password(desk: Desk) -> None:
    desk.accounts.users.add(COMMAND_LINE, "li", Role.VIEWER)
    desk.accounts.use_link(desk.accounts.links.make(COMMAND_LINE, "li"), "ｂｅｌｌ-in-the-night")
    assert desk.accounts.sign_in("li", "bell-in-the-night")


def test_a_session_ends_when_idle_and_at_its_age(desk: Desk) -> None:
    cookie, times = desk.user("li"), desk.accounts.sessions.times
    desk.clock.forward(times.idle_s - 1)
    assert desk.accounts.principal_of_session(cookie)
    desk.clock.forward(times.idle_s - 1)
    assert desk.accounts.principal_of_session(cookie), "used meanwhile"
    desk.clock.forward(2)
    assert desk.accounts.principal_of_session(cookie) is None, "too old, though used"
    again = desk.accounts.sign_in("li", PASSWORD)
    desk.clock.forward(times.idle_s)
    assert desk.accounts.principal_of_session(again) is None


def test_signing_out_ends_this_session_or_all(desk: Desk) -> None:
    first = desk.user("li")
    second, third = (desk.accounts.sign_in("li", PASSWORD) for _ in range(2))
    who = desk.principal(first)
    assert len(desk.accounts.sessions.of(who, "li")) == 3
    desk.accounts.sessions.end(first)
    assert desk.accounts.principal_of_session(first) is None
    assert desk.accounts.principal_of_session(second)
    desk.accounts.sessions.end_all(who, "li")
    assert desk.accounts.principal_of_session(second) is desk.accounts.principal_of_session(third) is None


def test_changing_the_password_asks_for_the_old_and_ends_all_sessions(desk: Desk) -> None:
    cookie, other = desk.user("li"), desk.accounts.sign_in("li", PASSWORD)
    who = desk.principal(cookie)
    with refused(Reason.WRONG):
        desk.accounts.change_password(who, "not the old one", "another bell at noon")
    fresh = desk.accounts.change_password(who, PASSWORD, "another bell at noon")
    assert desk.principal(fresh).name == "li"
    assert desk.accounts.principal_of_session(cookie) is desk.accounts.principal_of_session(other) is None


def test_role_scope_and_disabling_end_sessions(desk: Desk) -> None:
    desk.user("wang", Role.ADMINISTRATOR)
    cookie = desk.user("li")
    desk.accounts.users.change_role(COMMAND_LINE, "li", Role.OPERATOR, Scope())
    assert desk.accounts.principal_of_session(cookie), "nothing changed"
    desk.accounts.users.change_role(COMMAND_LINE, "li", Role.OPERATOR, Scope("region", "R1"))
    assert desk.accounts.principal_of_session(cookie) is None
    cookie = desk.accounts.sign_in("li", PASSWORD)
    desk.accounts.users.disable(COMMAND_LINE, "li")
    assert desk.accounts.principal_of_session(cookie) is None
    with refused(Reason.WRONG):
        desk.accounts.sign_in("li", PASSWORD)
    desk.accounts.users.enable(COMMAND_LINE, "li")
    assert desk.accounts.sign_in("li", PASSWORD)


def test_old_parameters_are_brought_up_to_date_when_the_owner_signs_in(desk: Desk, tmp_path: Path) -> None:
    desk.user("li")
    weak = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    with sqlite3.connect(tmp_path / "accounts.sqlite") as db:
        db.execute("UPDATE users SET password = ? WHERE name = 'li'", (weak,))
    desk.accounts.sign_in("li", PASSWORD)
    with sqlite3.connect(tmp_path / "accounts.sqlite") as db:
        (kept,) = db.execute("SELECT password FROM users WHERE name = 'li'").fetchone()
    assert "m=19456,t=2,p=1" in kept
    assert desk.accounts.sign_in("li", PASSWORD)


def test_guesses_are_limited_by_account_and_address_and_outlive_a_restart(desk: Desk, tmp_path: Path) -> None:
    desk.user("li")
    for _ in range(8):
        with refused(Reason.WRONG):
            desk.accounts.sign_in("li", "a guess", "203.0.113.9")
    for _ in range(3):
        with refused(Reason.OFTEN):
            desk.accounts.sign_in("li", PASSWORD, "203.0.113.9")
    again = Accounts.open(tmp_path / "accounts.sqlite", desk.clock)
    with refused(Reason.OFTEN):
        again.sign_in("li", PASSWORD, "203.0.113.9")
    again.close()
    assert desk.accounts.sign_in("li", PASSWORD, "198.51.100.7"), "its owner, from elsewhere"
    rows = desk.accounts.trail.newest(user="li", what="session.refused")
    assert [row.detail for row in rows] == [Reason.OFTEN, *[Reason.WRONG] * 8]
    desk.clock.forward(15 * 60)
    assert desk.accounts.sign_in("li", PASSWORD, "203.0.113.9")


def test_guesses_over_many_accounts_or_addresses_are_limited_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.user("li")
    monkeypatch.setattr(desk.accounts._passwords, "holds", lambda kept, password: False)

    def guesses(names: list[str], addresses: list[str]) -> list[Reason]:
        reasons = []
        for name, address in zip(names, addresses, strict=True):
            with pytest.raises(RefusedError) as caught:
                desk.accounts.sign_in(name, "a guess", address)
            reasons.append(caught.value.reason)
        return reasons

    many = guesses([f"user{n}" for n in range(103)], [f"2001:db8::{n:x}" for n in range(103)])
    assert many == [Reason.WRONG] * 100 + [Reason.OFTEN] * 3, "one network"
    spread = guesses(["li"] * 62, [f"198.51.{n}.1" for n in range(62)])
    assert spread == [Reason.WRONG] * 60 + [Reason.OFTEN] * 2, "one account"


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    path = tmp_path / "accounts.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE other (x)")
    with pytest.raises(AccountsFileError, match="not a file of accounts"):
        Desk(tmp_path)
    path.write_bytes(b"no database " * 1000)
    with pytest.raises(AccountsFileError, match="not a database"):
        Desk(tmp_path)


def test_a_newer_file_is_left_alone(desk: Desk, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "accounts.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(AccountsFileError, match="of version 99, this is for 1"):
        Desk(tmp_path)


def test_nothing_in_the_file_proves_anything(desk: Desk, tmp_path: Path) -> None:
    cookie = desk.user("li")
    link = desk.accounts.links.make(COMMAND_LINE, "li")
    token, _ = desk.accounts.tokens.make(desk.principal(cookie), "li", "feed")
    desk.accounts.close()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in (cookie, link, token, PASSWORD):
        assert secret.encode() not in content
    assert (tmp_path / "accounts.sqlite").stat().st_mode & 0o077 == 0


def test_a_flood_of_sign_ins_does_not_hold_all_threads(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.user("li")
    may_go_on, reasons = threading.Event(), []
    ready = threading.Semaphore(0)

    def slow(*_: object) -> bool:
        ready.release()
        assert may_go_on.wait(30)
        return True

    monkeypatch.setattr(PasswordHasher, "verify", slow)

    def sign_in(n: int) -> None:
        try:
            desk.accounts.sign_in("li", PASSWORD, f"198.51.100.{n}")
            reasons.append("in")
        except RefusedError as refused:
            reasons.append(refused.reason)
            ready.release()

    threads = [threading.Thread(target=sign_in, args=(n,)) for n in range(15)]
    for thread in threads:
        thread.start()
    for _ in range(2 + 5):
        assert ready.acquire(timeout=30), "two are looked at, five are sent away"
    assert reasons == [Reason.OFTEN] * 5
    may_go_on.set()
    for thread in threads:
        thread.join(30)
    assert reasons == [Reason.OFTEN] * 5 + ["in"] * 10
    assert desk.accounts.sign_in("li", PASSWORD), "there is room again"


def test_a_name_that_is_nobodys_is_not_kept(desk: Desk) -> None:
    with refused(Reason.WRONG):
        desk.accounts.sign_in(PASSWORD, "")
    assert [(row.who, row.about) for row in desk.accounts.trail.newest(what="session.refused")] == [("", "")]
