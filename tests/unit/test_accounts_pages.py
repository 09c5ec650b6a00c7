"""The pages of accounts: signing in and out, one's own account, the administrators' users."""

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support.accounts import PASSWORD
from support.accounts_site import AccountsSite

from tocsin.accounts.accounts import COMMAND_LINE
from tocsin.accounts.refusals import Reason
from tocsin.accounts.roles import Permission, Role, Scope
from tocsin.accounts.words import EN, WORDS, ZH

NEW = "another bell at noon"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[AccountsSite]:
    site = AccountsSite(tmp_path)
    yield site
    site.accounts.close()


def test_from_the_first_start_to_a_safety_manager_who_signs_in(site: AccountsSite) -> None:
    link = site.accounts.links.set_up()
    admin = site.browser()
    welcome = admin.submit(
        f"/set-password/{link}", name="wang", display_name="王芳", password=PASSWORD, repeat=PASSWORD
    )
    assert (welcome.status_code, welcome.headers["location"]) == (303, "/")
    assert admin.who() == "wang"
    added = admin.submit(
        "/users", "/users", name="Li", role="safety_manager", scope="enterprise:E001", display_name="李安",
        contact="zhang", language="en",
    )  # fmt: skip
    (invitation,) = re.findall(rf"{re.escape('https://tocsin.test')}/set-password/[\w-]+", added.text)
    manager = site.browser()
    path = invitation.removeprefix("https://tocsin.test")
    assert "For the user li" in manager.get(f"{path}?lang=en").text
    assert manager.submit(path, password=NEW, repeat=NEW).status_code == 303
    who = site.accounts.principal_of_session(manager.cookie)
    assert who is not None
    assert (who.name, who.role, who.scope, who.by) == ("li", Role.SAFETY_MANAGER, Scope("enterprise", "E001"), "zhang")
    assert manager.get("/users").status_code == 403
    assert manager.get(path).status_code == 410, "it works once"
    again = site.browser()
    assert again.sign_in("LI", NEW, "/login?next=/alarms%3Fstate%3Dopen").headers["location"] == "/alarms?state=open"
    assert again.who() == "li"


def test_signing_in_with_a_wrong_password_tells_nothing_and_keeps_the_name(site: AccountsSite) -> None:
    site.desk.user("li")
    browser = site.browser()
    wrong = browser.sign_in("li", "not it")
    nobody = browser.sign_in("mallory", "not it")
    assert wrong.status_code == nobody.status_code == 401
    said = re.compile(r'role="alert">([^<]*)')
    assert said.findall(wrong.text) == said.findall(nobody.text) == [ZH.refusals[Reason.WRONG]]
    assert 'value="li"' in wrong.text
    assert "not it" not in wrong.text
    for _ in range(8):
        browser.sign_in("li", "not it")
    assert browser.sign_in("li", PASSWORD).status_code == 429


def test_signing_out_ends_the_session_at_the_server(site: AccountsSite) -> None:
    cookie = site.desk.user("li")
    browser = site.browser(cookie)
    assert browser.get("/logout").status_code == 200
    assert browser.who() == "li", "looking signs nobody out"
    assert browser.submit("/logout", "/logout").headers["location"] == "/login"
    assert browser.cookie == ""
    assert site.accounts.principal_of_session(cookie) is None


def test_my_account_changes_language_and_password(site: AccountsSite) -> None:
    browser, elsewhere = site.browser(site.desk.user("li")), site.accounts.sign_in("li", PASSWORD)
    assert '<html lang="zh-CN">' in browser.get("/account").text
    assert browser.submit("/account", "/account/language", language="en").status_code == 303
    page = browser.get("/account").text
    assert '<html lang="en">' in page
    for fields, said in (
        ({"old": "wrong", "password": NEW, "repeat": NEW}, EN.refusals[Reason.WRONG]),
        ({"old": PASSWORD, "password": NEW, "repeat": NEW + "x"}, EN.refusals[Reason.PASSWORD_DIFFERS]),
        ({"old": PASSWORD, "password": "short", "repeat": "short"}, "too short, needed are 12"),
    ):
        refused = browser.submit("/account", "/account/password", **fields)
        assert refused.status_code == 400
        assert said in unescape(refused.text)
    before = browser.cookie
    assert browser.submit("/account", "/account/password", old=PASSWORD, password=NEW, repeat=NEW).status_code == 303
    assert browser.cookie != before
    assert browser.who() == "li"
    assert site.accounts.principal_of_session(elsewhere) is None
    assert site.accounts.sign_in("li", NEW)


def test_my_account_lists_and_ends_sessions(site: AccountsSite) -> None:
    browser, phone = site.browser(site.desk.user("li")), site.browser()
    phone.client.headers["user-agent"] = "A <b>phone</b>"
    phone.sign_in("li", PASSWORD)
    page = browser.get("/account").text
    assert "A &lt;b&gt;phone&lt;/b&gt;" in page
    (end,) = re.findall(r'action="(/account/sessions/\w+/end)"', page)
    browser.submit("/account", end)
    assert phone.who() is None
    assert browser.who() == "li"
    browser.submit("/account", "/account/sign-out-everywhere")
    assert browser.who() is None


def test_a_token_is_shown_once_and_can_be_revoked(site: AccountsSite) -> None:
    browser = site.browser(site.desk.user("li"))
    made = browser.submit(
        "/account", "/account/tokens", token_name="feed", days="30", permission=["view"], enterprises="E001"
    )
    (token,) = re.findall(r"tocsin_[\w-]{43}", made.text)
    who = site.accounts.principal_of_token(token)
    assert who is not None
    assert (who.permissions, who.only_enterprises) == ({Permission.VIEW}, {"E001"})
    page = browser.get("/account").text
    assert token not in page
    assert "feed" in page
    (revoke,) = re.findall(r'action="(/account/tokens/\w+/revoke)"', page)
    browser.submit("/account", revoke)
    assert site.accounts.principal_of_token(token) is None
    for fields in (
        {"token_name": "x", "days": "0"},
        {"token_name": "x", "days": "nan"},
        {"token_name": " ", "days": "3"},
        {"token_name": "x", "days": "3", "permission": "users"},
        {"token_name": "x", "days": "3", "permission": "everything"},
        {"token_name": "x", "days": "3", "enterprises": "E999"},
    ):
        assert browser.submit("/account", "/account/tokens", **fields).status_code == 400, fields


def test_administrators_change_disable_and_enable_users(site: AccountsSite) -> None:
    admin = site.browser(site.desk.user("wang", Role.ADMINISTRATOR, language="en"))
    li = site.browser(site.desk.user("li"))
    assert admin.submit("/users/li", "/users/li/role", role="viewer", scope="region:R2").status_code == 303
    assert li.who() is None, "another role signs out"
    assert site.accounts.users.get("li").scope == Scope("region", "R2")
    admin.submit("/users/li", "/users/li/details", display_name="李安", contact="zhang")
    page = admin.get("/users/li").text
    for text in ("李安", "Viewer", "Region 东港村", "zhang"):
        assert text in page
    link = re.findall(r"/set-password/[\w-]+", admin.submit("/users/li", "/users/li/link").text)
    assert len(link) == 1
    admin.submit("/users/li", "/users/li/disable")
    assert "disabled" in admin.get("/users").text
    assert site.accounts.links.look(link[0].removeprefix("/set-password/")) is None
    admin.submit("/users/li", "/users/li/enable")
    assert site.accounts.sign_in("li", PASSWORD)


@pytest.mark.parametrize(
    ("path", "action", "fields", "said"),
    [
        ("/users", "/users", {"name": "li", "role": "viewer", "scope": "site"}, "There is a user li already."),
        ("/users", "/users", {"name": "Li An", "role": "viewer", "scope": "site"}, "lower-case letters"),
        ("/users", "/users", {"name": "a", "role": "viewer", "scope": "region:R9"}, "The site has no region:R9."),
        ("/users", "/users", {"name": "a", "role": "king", "scope": "site"}, "out of date"),
        ("/users", "/users", {"name": "a", "role": "viewer", "scope": "site", "contact": "no"}, "no contact no."),
        ("/users/li", "/users/li/role", {"role": "safety_manager", "scope": "park:P1"}, "one of an enterprise"),
        ("/users/li", "/users/li/role", {"role": "administrator", "scope": "region:R1"}, "sees the whole site"),
        ("/users/wang", "/users/wang/role", {"role": "viewer", "scope": "site"}, "wang is the last administrator"),
        ("/users/wang", "/users/wang/disable", {}, "wang is the last administrator"),
        ("/users/li", "/users/li/details", {"display_name": "x" * 101, "contact": ""}, "allowed are 100 characters"),
    ],
)
def test_what_administrators_get_wrong_is_told(
    site: AccountsSite, path: str, action: str, fields: dict[str, str], said: str
) -> None:
    admin = site.browser(site.desk.user("wang", Role.ADMINISTRATOR, language="en"))
    site.desk.user("li")
    before = site.accounts.users.all(COMMAND_LINE)
    refused = admin.submit(path, action, **fields)
    assert refused.status_code == 400
    assert said in unescape(refused.text)
    assert site.accounts.users.all(COMMAND_LINE) == before


def test_the_trail_is_shown_by_pages(site: AccountsSite) -> None:
    admin = site.browser(site.desk.user("wang", Role.ADMINISTRATOR, language="en"))
    for n in range(30):
        site.accounts.users.add(COMMAND_LINE, f"user{n}", Role.VIEWER)
        site.accounts.links.make(COMMAND_LINE, f"user{n}")
    page = admin.get("/users-trail").text
    assert "user added" in page
    assert page.count("<li>") == 50
    (older,) = re.findall(r'href="(/users-trail\?before=\d+)"', page)
    rest = admin.get(older).text
    assert "signed in" in rest
    assert "Older" not in rest
    site.browser().sign_in("li", "not it")
    assert EN.refusals[Reason.WRONG] in admin.get("/users-trail").text
    assert admin.get("/users-trail?user=user3").text.count("<li>") == 2


def test_pages_of_administrators_are_for_nobody_else(site: AccountsSite) -> None:
    engineer = site.browser(site.desk.user("chen", Role.ENGINEER))
    mark = engineer.client.get("/whoami").json()["csrf"]
    paths = ["/users", "/users/chen", "/users-trail"]
    posts = [f"/users/chen/{what}" for what in ("role", "details", "disable", "enable", "link", "sign-out")]
    for path in paths:
        assert engineer.get(path).status_code == 403
        assert site.browser().get(path).headers["location"] == "/login?next=/users"
    for path in ["/users", *posts, "/users/chen/tokens/x/revoke"]:
        asked = {"csrf": mark, "name": "evil", "role": "administrator", "scope": "site"}
        assert engineer.client.post(path, data=asked).status_code == 403
    assert [user.name for user in site.accounts.users.all(COMMAND_LINE)] == ["chen"]
    assert site.accounts.users.get("chen").role is Role.ENGINEER


def test_the_language_is_the_browsers_until_it_is_chosen(site: AccountsSite) -> None:
    assert '<html lang="zh-CN">' in site.browser().get("/login").text
    browser = site.browser()
    english = browser.get("/login", **{"accept-language": "en-GB,en;q=0.9"})
    assert '<html lang="en">' in english.text
    (switch,) = re.findall(r'href="(\?[^"]*lang=zh)"', english.text)
    assert '<html lang="zh-CN">' in browser.get(f"/login{switch}", **{"accept-language": "en"}).text
    assert '<html lang="zh-CN">' in browser.get("/login", **{"accept-language": "en"}).text, "remembered"
    assert "next=%2Fx" in browser.get("/login?next=/x").text, "the switch keeps where to go"


class Checked(HTMLParser):
    """What a page is made of, as far as people who don't see it or have no network care."""

    def __init__(self) -> None:
        super().__init__()
        self.labels: set[str] = set()
        self.unlabelled: list[str] = []
        self.outside: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "label" and given.get("for"):
            self.labels.add(str(given["for"]))
        if tag in ("input", "select") and given.get("type") not in ("hidden", "checkbox"):
            self.unlabelled.append(str(given.get("id")))
        if tag in ("script", "img", "link", "iframe") or str(given.get("href", "")).startswith("http"):
            self.outside.append(tag)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_have_labels_and_need_nothing_from_outside(site: AccountsSite, language: str) -> None:
    signed_in = site.browser(site.desk.user("wang", Role.ADMINISTRATOR, language=language))
    site.accounts.tokens.make(COMMAND_LINE, "wang", "feed", permissions=[Permission.VIEW])
    invited = site.accounts.users.add(COMMAND_LINE, "li", Role.VIEWER)
    link = site.accounts.links.make(COMMAND_LINE, invited.name)
    pages = [(signed_in, path) for path in ("/account", "/users", "/users/wang", "/users-trail", "/logout")]
    pages += [(site.browser(), f"{path}?lang={language}") for path in ("/login", f"/set-password/{link}")]
    for browser, path in pages:
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert "style-src 'sha256-" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        page = Checked()
        page.feed(answer.text)
        assert set(page.unlabelled) <= page.labels, path
        assert page.outside == [], path
        assert len(page.ids) == len(set(page.ids)), path
        if language == "en":
            text = re.sub(r"警钟|中文|东港\w+|西港\w+|临港镇|张伟", "", answer.text)
            assert not re.search(r"[一-鿿]", text), path


def test_both_languages_say_the_same_things() -> None:
    assert ZH.texts.keys() == EN.texts.keys()
    assert ZH.deeds.keys() == EN.deeds.keys()
    for words in WORDS.values():
        assert words.roles.keys() == set(Role)
        assert words.permissions.keys() == set(Permission)
        assert words.refusals.keys() == set(Reason)
    for name, text in ZH.texts.items():
        assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", EN.texts[name])), name
