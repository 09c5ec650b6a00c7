"""`tocsin user`: users from the command line."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.command import Ran, tocsin

from tocsin.accounts.accounts import Accounts
from tocsin.accounts.roles import Permission, Role, Scope
from tocsin.clock import SystemClock
from tocsin.init import write_example

PASSWORD = "a bell in the night"
User = Callable[..., Ran]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "site"
    write_example(folder)
    return folder


@pytest.fixture
def user(tmp_path: Path, site: Path) -> User:
    config = tmp_path / "tocsin.toml"
    config.write_text(f'site = "{site}"\n[console]\npublic_url = "https://tocsin.test"\n')

    def run(command: str, *arguments: object) -> Ran:
        return tocsin("user", command, *arguments, "--config", config)

    return run


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    """The same file, as the console has it open meanwhile."""
    accounts = Accounts.open(tmp_path / "data" / "accounts.sqlite", SystemClock())
    yield accounts
    accounts.close()


def secret(ran: Ran) -> str:
    """Of the one link that was printed."""
    assert (ran.code, ran.err) == (0, "")
    (found,) = re.findall(r"^https://tocsin\.test/set-password/([\w-]{43})$", ran.out, re.M)
    assert isinstance(found, str)
    return found


def test_users_are_added_listed_and_changed(user: User, accounts: Accounts) -> None:
    invitation = secret(user("add", "Li", "--role", "safety_manager", "--scope", "enterprise:E001", "--language", "en"))
    cookie = accounts.use_link(invitation, PASSWORD)
    listed = json.loads(user("list", "--json").out)
    assert (listed["name"], listed["scope"], listed["has_password"]) == ("li", "enterprise:E001", True)
    assert "safety_manager" in user("list").out
    assert user("role", "li", "operator").code == 0
    assert accounts.principal_of_session(cookie) is None
    assert (accounts.users.get("li").role, accounts.users.get("li").scope) == (Role.OPERATOR, Scope())
    assert user("disable", "li").code == 0
    assert "disabled" in user("list").out
    assert user("link", "li").code == 2
    assert user("enable", "li").code == 0
    accounts.use_link(secret(user("link", "li")), "another bell at noon")


def test_the_first_administrator(user: User, accounts: Accounts) -> None:
    accounts.use_link(secret(user("link")), PASSWORD, name="wang")
    assert accounts.users.has_administrator()
    over = user("link")
    assert (over.code, over.out) == (2, "")
    assert over.err == "tocsin: there is an administrator who can sign in: name the user whom the link is for\n"
    assert user("disable", "wang").err == "tocsin: wang is the last administrator who can sign in.\n"


def test_tokens_are_made_listed_and_revoked(user: User, accounts: Accounts) -> None:
    user("add", "feed", "--role", "operator")
    made = user("token", "feed", "--for", "province", "--days", "30", "--permission", "view", "--enterprise", "E001")
    who = accounts.principal_of_token(made.out.strip())
    assert who is not None
    assert (who.permissions, who.only_enterprises) == ({Permission.VIEW}, {"E001"})
    assert "it is not shown again" in made.err
    listed = json.loads(user("tokens", "feed", "--json").out)
    assert listed["permissions"] == ["view"]
    assert made.out.strip() not in user("tokens").out
    assert "province" in user("tokens").out
    assert user("revoke", listed["id"]).code == 0
    assert accounts.principal_of_token(made.out.strip()) is None


def test_the_trail_is_listed_the_oldest_first(user: User) -> None:
    user("add", "li", "--role", "viewer")
    user("add", "chen", "--role", "viewer")
    rows = [json.loads(line) for line in user("audit", "--json").out.splitlines()]
    assert [(row["what"], row["about"], row["who"]) for row in rows] == [
        (what, name, "command line") for name in ("li", "chen") for what in ("user.add", "link.invitation")
    ]
    assert user("audit", "--user", "chen").out.count("chen") == 2
    assert len(user("audit", "--limit", "1", "--json").out.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "Li An", "--role", "viewer"], "tocsin: A user name has lower-case letters"),
        (["add", "li", "--role", "king"], "tocsin user add: Invalid value for '--role'"),
        (["add", "li", "--role", "viewer", "--scope", "region:none"], "tocsin: The site has no region:none."),
        (["add", "li", "--role", "viewer", "--contact", "none"], "tocsin: There is no contact none."),
        (["add", "li", "--role", "safety_manager"], "tocsin: A safety manager is one of an enterprise."),
        (["role", "none", "viewer"], "tocsin: There is no user none."),
        (["disable", "none"], "tocsin: There is no user none."),
        (["link", "none"], "tocsin: There is no user none."),
        (["token", "none", "--for", "x"], "tocsin: There is no user none."),
        (["token", "none", "--for", "x", "--enterprise", "E9"], "tocsin: The site has no enterprise:E9."),
        (["revoke", "none"], "tocsin: There is no token none."),
    ],
)
def test_what_is_wrong_is_one_line(user: User, arguments: list[str], said: str) -> None:
    ran = user(*arguments)
    assert (ran.code, ran.out) == (2, "")
    (line,) = ran.mistakes
    assert line.startswith(said)


def test_a_file_that_is_none_is_one_line(user: User, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "accounts.sqlite").write_bytes(b"no database " * 1000)
    ran = user("list")
    assert ran.code == 2
    assert "accounts.sqlite: file is not a database" in ran.err
