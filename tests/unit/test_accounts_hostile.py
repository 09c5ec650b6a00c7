"""What strangers, other sites and careless programs try on accounts."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.websockets import WebSocketDisconnect
from support.accounts import PASSWORD
from support.accounts_site import ORIGIN, AccountsSite

from tocsin.accounts.accounts import COMMAND_LINE
from tocsin.accounts.page import safe_next
from tocsin.accounts.roles import Permission, Role


@pytest.fixture
def site(tmp_path: Path) -> Iterator[AccountsSite]:
    site = AccountsSite(tmp_path)
    yield site
    site.accounts.close()


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(site: AccountsSite) -> None:
    site.desk.user("li")
    for origin, secure in ((ORIGIN, True), ("http://tocsin.test", False)):
        browser = site.browser(origin=origin)
        if not secure:
            browser.client.get("/login")
        answer = browser.sign_in("li", PASSWORD)
        (cookie,) = [c for c in answer.headers.get_list("set-cookie") if c.startswith("tocsin_session=")]
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "samesite=lax", "path=/"} <= parts
        assert ("secure" in parts) is secure
        assert not any(part.startswith(("domain", "max-age", "expires")) for part in parts)


def test_a_cookie_that_was_changed_in_one_place_is_nobodys(site: AccountsSite) -> None:
    cookie = site.desk.user("li")
    changed = [cookie[:n] + ("A" if cookie[n] != "A" else "B") + cookie[n + 1 :] for n in range(len(cookie))]
    strange = ["", "x", cookie[:-1], cookie + "A", cookie.swapcase(), cookie * 1000, "'; --", "\x00", "é" * 43, "null"]
    for tried in [*changed, *strange]:
        assert site.accounts.principal_of_session(tried) is None, tried[:60]
    assert site.accounts.principal_of_session(cookie)


@pytest.mark.parametrize(
    "header", ["tocsin_session", "tocsin_session=", "=;=;,", 'tocsin_session="\\', "\xff=\xff", ";" * 9000]
)
def test_cookie_headers_that_are_none_are_nobodys(site: AccountsSite, header: str) -> None:
    answer = site.browser().client.get("/whoami", headers={"cookie": header.encode("latin-1")})  # type: ignore[dict-item]
    assert (answer.status_code, answer.json()["name"]) == (200, None)


def test_a_session_that_somebody_put_into_the_browser_is_not_taken_over(site: AccountsSite) -> None:
    site.desk.user("li")
    mallorys = site.desk.user("mallory")
    browser = site.browser(mallorys)
    mark = browser.client.get("/whoami").json()["csrf"]
    browser.client.post("/login", data={"csrf": mark, "name": "li", "password": PASSWORD})
    assert browser.who() == "li"
    assert browser.cookie != mallorys
    assert site.accounts.principal_of_session(mallorys) is None, "what mallory knows is over"
    made_up = site.browser("chosen-by-a-stranger")
    made_up.sign_in("li", PASSWORD)
    assert site.accounts.principal_of_session("chosen-by-a-stranger") is None
    assert made_up.who() == "li"


def test_without_the_mark_a_cookie_changes_nothing(site: AccountsSite) -> None:
    browser, other = site.browser(site.desk.user("li")), site.browser(site.desk.user("chen"))
    mine, theirs = (b.client.get("/whoami").json()["csrf"] for b in (browser, other))
    post = browser.client.post
    refused = [
        post("/whoami"),
        post("/whoami", data={"csrf": theirs}),
        post("/whoami", data={"csrf": mine[:-1]}),
        post("/whoami", data={"csrf": ""}),
        post("/whoami", json={"csrf": mine}),
        post("/whoami", files={"csrf": (None, mine)}),
        post("/whoami", content=f"csrf={mine}", headers={"content-type": "text/plain"}),
        post("/whoami", data={"csrf": mine, "x": "y" * 70_000}),
        post("/whoami", data={"csrf": "é"}),
        post("/whoami", content=b"\xff\xfe", headers={"content-type": "application/x-www-form-urlencoded"}),
        post(f"/whoami?csrf={mine}"),
        post("/whoami", headers={"x-csrf-token": theirs}),
        post("/whoami", headers={"x-csrf-token": ""}),
        *(browser.client.request(method, "/whoami") for method in ("PUT", "PATCH", "DELETE", "QUERY")),
    ]
    assert [answer.status_code for answer in refused] == [403] * len(refused)
    assert refused[0].headers["content-type"] == "application/problem+json"
    long_form = {"csrf": mine, "x": "y" * 60_000}
    for answer in (
        post("/whoami", data={"csrf": mine}),
        post("/whoami", json={}, headers={"x-csrf-token": mine}),
        post("/whoami", data=long_form),
    ):
        assert answer.json()["name"] == "li"
    assert len(post("/whoami", data=long_form).json()["body"]) > 60_000, "the app reads the form again"


def test_the_mark_tells_nothing_about_the_cookie_and_changes_with_it(site: AccountsSite) -> None:
    cookie = site.desk.user("li")
    mark = site.browser(cookie).client.get("/whoami").json()["csrf"]
    assert cookie not in mark
    assert site.browser(site.accounts.sign_in("li", PASSWORD)).client.get("/whoami").json()["csrf"] != mark
    assert site.accounts.principal_of_session(mark) is None


def test_signing_in_needs_a_form_that_this_browser_was_shown(site: AccountsSite) -> None:
    site.desk.user("mallory")
    fields = site.browser().fields("/login")
    victim = site.browser()
    for shown in (False, True):
        if shown:
            victim.get("/login")
        answer = victim.client.post("/login", data={**fields, "name": "mallory", "password": PASSWORD})
        assert answer.status_code == 400
        assert victim.who() is None


def test_pages_of_other_sites_get_no_socket(site: AccountsSite) -> None:
    client, cookie = site.browser().client, f"tocsin_session={site.desk.user('li')}"

    def who(**given: str) -> object:
        headers = {"cookie": cookie, "host": "tocsin.test", **given}
        with client.websocket_connect("/feed", headers=headers) as socket:
            return socket.receive_json()["name"]

    assert who(origin=ORIGIN) == "li"
    assert who() == "li", "no browser"
    for origin in (
        "https://evil.test",
        "null",
        "https://tocsin.test.evil.test",
        "https://evil.test/tocsin.test",
        "//",
        "",
    ):
        with pytest.raises(WebSocketDisconnect) as refused:
            who(origin=origin)
        assert refused.value.code == 1008
    nobody = site.browser().client
    with nobody.websocket_connect("/feed", headers={"origin": "https://evil.test"}) as socket:
        assert socket.receive_json() == {"name": None}


def test_paths_of_a_framework_go_by_the_origin(site: AccountsSite) -> None:
    post = site.browser(site.desk.user("li")).client.post
    assert post("/framework/send", headers={"origin": ORIGIN}).json()["name"] == "li"
    assert post("/framework/send", headers={"origin": "https://evil.test"}).status_code == 403
    assert post("/framework/send", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert post("/framework/../whoami", headers={"origin": ORIGIN}).status_code == 403


def test_a_token_stands_alone(site: AccountsSite) -> None:
    cookie = site.desk.user("li")
    token, _ = site.accounts.tokens.make(site.desk.principal(cookie), "li", "feed", permissions=[Permission.VIEW])
    client = site.browser().client

    def who(shown: str) -> object:
        return client.post("/whoami", headers={"authorization": shown}).json()["name"]

    assert who(f"Bearer {token}") == who(f"bearer  {token} ") == "li"
    for shown in (f"Bearer {token[:-1]}", f"Bearer {cookie}", "Bearer", f"Basic {token}", f"Bearer {token}x", token):
        assert who(shown) is None, shown
    assert site.accounts.principal_of_session(token) is None
    with_both = site.browser(cookie).client.get("/whoami", headers={"authorization": "Bearer tocsin_wrong"})
    assert with_both.json()["name"] is None, "a wrong token does not fall back to the cookie"


def test_a_token_uses_no_pages(site: AccountsSite) -> None:
    admin = site.desk.principal(site.desk.user("wang", Role.ADMINISTRATOR))
    token, _ = site.accounts.tokens.make(admin, "wang", "script")
    headers = {"authorization": f"Bearer {token}"}
    client = site.browser().client
    assert client.get("/users", headers=headers).headers["location"] == "/login?next=/users"
    data = {"name": "evil", "role": "administrator", "scope": "site"}
    assert client.post("/users", data=data, headers=headers).status_code == 303
    assert client.get("/account", headers=headers).status_code == 303
    assert [user.name for user in site.accounts.users.all(COMMAND_LINE)] == ["wang"]


@pytest.mark.parametrize("scheme", ["Basic", "Digest", "Bearer"])
def test_other_credentials_are_nobodys(site: AccountsSite, scheme: str) -> None:
    site.desk.user("li")
    shown = base64.b64encode(f"li:{PASSWORD}".encode()).decode()
    answer = site.browser().client.get("/whoami", headers={"authorization": f"{scheme} {shown}"})
    assert answer.json()["name"] is None


@pytest.mark.parametrize(
    "given",
    [
        "https://evil.test/", "//evil.test", "///evil.test", "/\\evil.test", "\\\\evil.test", "/\t/evil.test",
        "/\n/evil.test", " //evil.test", "javascript:alert(1)", "evil.test", "/x\\..\\y", "", "/" + "x" * 3000,
        "https:evil.test", "/\r\nset-cookie: a=b", "http:///evil.test", "/\u2028x",
    ],
)  # fmt: skip
def test_next_never_leaves_the_site(site: AccountsSite, given: str) -> None:
    assert safe_next(given) == "/"
    site.desk.user("li")
    browser = site.browser()
    fields = {**browser.fields("/login"), "next": given, "name": "li", "password": PASSWORD}
    answer = browser.client.post("/login", data=fields)
    assert answer.headers["location"] == "/"
    assert browser.client.get("/login", params={"next": given}).headers["location"] == "/"


def test_next_stays_where_it_is_one_of_ours() -> None:
    for given in ("/", "/alarms", "/alarms?state=open&x=a%20b", "/units/U1#trend", "/企业"):
        assert safe_next(given) == given


def test_an_unknown_user_goes_the_same_way(site: AccountsSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: each name costs one argon2 of the same parameters."""
    site.desk.user("li")
    site.desk.user("gone")
    site.accounts.users.disable(COMMAND_LINE, "gone")
    site.accounts.users.add(COMMAND_LINE, "invited", Role.VIEWER)
    checked: list[str] = []
    hasher = site.accounts._passwords._hasher
    verify = type(hasher).verify

    def counted(self: object, kept: str, password: str) -> bool:
        checked.append(kept.rsplit("$", 2)[0])
        return verify(hasher, kept, password)

    monkeypatch.setattr(type(hasher), "verify", counted)
    answers = [site.browser().sign_in(name, "not it") for name in ("li", "mallory", "gone", "invited")]
    assert checked == [checked[0]] * 4
    assert {answer.status_code for answer in answers} == {401}
    rows = site.accounts.trail.newest(what="session.refused")
    assert {row.detail for row in rows} == {"wrong"}


@pytest.mark.parametrize("path", ["/set-password/nope", "/set-password/" + "x" * 500, "/set-password/%00%ff"])
def test_a_link_that_is_none_shows_nothing(site: AccountsSite, path: str) -> None:
    browser = site.browser()
    assert browser.get(path).status_code == 410
    fields = {**browser.fields("/login"), "name": "evil", "password": PASSWORD, "repeat": PASSWORD}
    assert browser.client.post(path, data=fields).status_code == 410
    assert site.accounts.users.all(COMMAND_LINE) == []


def test_what_people_write_is_shown_as_text(site: AccountsSite) -> None:
    admin = site.browser(site.desk.user("wang", Role.ADMINISTRATOR))
    evil = "<script>alert(1)</script>"
    admin.submit("/users", "/users", name="evil", role="viewer", scope="site", display_name=evil)
    site.browser().sign_in(evil, "x" * 20)
    for path in ("/users", "/users/evil", "/users-trail"):
        assert evil not in admin.get(path).text
    assert evil not in site.browser().sign_in(evil, "x").text


@pytest.mark.parametrize(
    "body", [b"", b"\xff" * 100, b"csrf=" + b"x" * 20_000, b"&".join([b"a=b"] * 500), b"csrf=%ZZ", b"csrf"]
)
def test_forms_that_are_none_are_told_so(site: AccountsSite, body: bytes) -> None:
    browser = site.browser()
    browser.get("/login")
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.client.post("/login", content=body, headers=headers).status_code == 400
