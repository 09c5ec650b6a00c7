"""Signing in by an identity provider, one that can be trusted and others."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from support.accounts import PASSWORD, Clock
from support.accounts_site import AccountsSite, Browser
from support.oidc_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    ISSUER,
    Sign,
    StandInProvider,
    signed,
    signed_by_a_stranger,
    signed_with_the_public_key_as_a_secret,
    unsigned,
)

from plant.mistakes import InputError
from tocsin.accounts.accounts import COMMAND_LINE
from tocsin.accounts.oidc import OidcProvider
from tocsin.accounts.oidc_flows import VALID_S
from tocsin.accounts.roles import Role, Scope
from tocsin.settings import read_settings
from tocsin.settings.oidc import OidcRule, OidcSettings

DOCS = Path(__file__).parents[2] / "docs"

RULES = (
    OidcRule(claim="realm_access.roles", value="boss", role=Role.ADMINISTRATOR),
    OidcRule(claim="groups", value="duty", role=Role.OPERATOR, scope="region:R1"),
    OidcRule(claim="company", value="E001", role=Role.SAFETY_MANAGER, scope="enterprise:E001"),
)


class World:
    """The site, the provider, and a browser that goes between them."""

    def __init__(self, folder: Path, rules: tuple[OidcRule, ...]) -> None:
        self.settings = OidcSettings(issuer=ISSUER, client_id=CLIENT_ID, label="区政务", rule=rules)
        self.clock = Clock()
        self.provider = StandInProvider(lambda: self.clock.now_ms() // 1000)
        self.client = OidcProvider(self.settings, self.clock, secret=CLIENT_SECRET, transport=self.provider.transport)
        self.site = AccountsSite(folder, self.client, self.clock)

    def back(self, browser: Browser, next_path: str = "/") -> str:
        """The path that the provider sends the browser back to."""
        begun = browser.client.get("/oidc/start", params={"next": next_path})
        assert begun.status_code == 302, begun.text
        return self.provider.approve(begun.headers["location"]).removeprefix("https://tocsin.test")

    def sign_in(self, browser: Browser) -> int:
        return browser.get(self.back(browser)).status_code


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path, RULES)
    world.provider.person["groups"] = ["duty"]
    yield world
    world.site.accounts.close()


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[World]:
    """Without rules: who comes in is who was added."""
    world = World(tmp_path, ())
    yield world
    world.site.accounts.close()


def test_the_button_leads_to_the_provider_and_back_to_where_one_wanted(world: World) -> None:
    browser = world.site.browser()
    assert "使用区政务登录" in browser.get("/login").text
    answer = browser.get(world.back(browser, "/alarms"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/alarms")
    assert browser.who() == "li"
    user = world.site.accounts.users.get("li")
    assert (user.role, user.scope, user.display_name) == (Role.OPERATOR, Scope("region", "R1"), "李安")
    assert (user.has_oidc, user.has_password) == (True, False)
    assert world.provider.asked == ["configuration", "token", "keys"]


@pytest.mark.parametrize(
    ("person", "role"),
    [
        ({"realm_access": {"roles": ["boss"]}, "groups": "duty"}, Role.ADMINISTRATOR),
        ({"company": "E001"}, Role.SAFETY_MANAGER),
        ({"company": "E002", "groups": "other"}, None),
        ({"groups": ["duties", "Duty"]}, None),
        ({"realm_access": ["boss"]}, None),
        ({"groups": {"duty": True}}, None),
    ],
)
def test_the_first_rule_that_matches_decides(person: dict[str, Any], role: Role | None) -> None:
    place = OidcSettings(issuer=ISSUER, client_id="t", rule=RULES).place(person)
    assert (place and place[0]) == role


def test_the_role_follows_the_provider_at_each_sign_in(world: World) -> None:
    browser = world.site.browser()
    world.sign_in(browser)
    world.provider.person |= {"groups": [], "company": "E001", "preferred_username": "someone-else"}
    other = world.site.browser()
    assert world.sign_in(other) == 303
    assert other.who() == "li", "the subject counts, not the name"
    assert browser.who() is None, "another role ends sessions"
    assert world.site.accounts.users.get("li").scope == Scope("enterprise", "E001")
    world.provider.person["company"] = ""
    assert world.sign_in(world.site.browser()) == 403


def test_a_disabled_user_stays_out(world: World) -> None:
    world.sign_in(world.site.browser())
    world.site.accounts.users.disable(COMMAND_LINE, "li")
    assert world.sign_in(world.site.browser()) == 403


def test_without_rules_only_who_was_added_comes_in(strict: World) -> None:
    browser = strict.site.browser()
    assert strict.sign_in(browser) == 403
    assert browser.who() is None
    strict.site.accounts.users.add(COMMAND_LINE, "li", Role.VIEWER, Scope("park", "P1"))
    assert strict.sign_in(browser) == 303
    assert strict.site.accounts.users.get("li").role is Role.VIEWER
    strict.provider.person["sub"] = "another person who took the name"
    assert strict.sign_in(strict.site.browser()) == 403
    refusals = strict.site.accounts.trail.newest(what="session.refused")
    assert len(refusals) == 2


@pytest.mark.parametrize("rules", [RULES, ()])
def test_a_name_at_the_provider_takes_over_nobody_who_has_a_password(
    tmp_path: Path, rules: tuple[OidcRule, ...]
) -> None:
    world = World(tmp_path, rules)
    world.site.desk.user("wang", Role.ADMINISTRATOR)
    world.provider.person |= {"preferred_username": "WANG", "groups": ["duty"]}
    browser = world.site.browser()
    assert world.sign_in(browser) == 403
    assert browser.who() is None
    assert world.site.accounts.sign_in("wang", PASSWORD)
    assert world.site.accounts.users.get("wang").role is Role.ADMINISTRATOR


def spoil(**claims: Any) -> Callable[[dict[str, Any]], None]:
    def change(given: dict[str, Any]) -> None:
        given.update(claims)
        for name in [name for name, value in given.items() if value is None]:
            del given[name]

    return change


@pytest.mark.parametrize(
    ("sign", "change"),
    [
        (unsigned, spoil()),
        (signed_by_a_stranger, spoil()),
        (signed_with_the_public_key_as_a_secret, spoil()),
        (lambda provider, claims: "no.token.atall", spoil()),
        (lambda provider, claims: "", spoil()),
        (signed, spoil(nonce="of another sign-in")),
        (signed, spoil(nonce=None)),
        (signed, spoil(aud="another client")),
        (signed, spoil(aud=None)),
        (signed, spoil(aud=["another", CLIENT_ID], azp="another")),
        (signed, spoil(iss="https://evil.example.org")),
        (signed, spoil(iss=None)),
        (signed, spoil(exp=1_000_000_000)),
        (signed, spoil(exp=None)),
        (signed, spoil(exp="tomorrow")),
        (signed, spoil(iat=4_000_000_000)),
        (signed, spoil(sub=None)),
        (signed, spoil(sub=["a", "b"])),
        (signed, spoil(at_hash="of another access token")),
    ],
)
def test_a_token_that_does_not_hold_signs_nobody_in(
    world: World, sign: Sign, change: Callable[[dict[str, Any]], None]
) -> None:
    world.provider.sign, world.provider.spoil = sign, change
    browser = world.site.browser()
    assert world.sign_in(browser) == 403
    assert browser.who() is None
    assert world.site.accounts.users.find("li") is None
    world.provider.sign, world.provider.spoil = signed, spoil()
    assert world.sign_in(browser) == 303, "the same way in, with nothing wrong"


def test_an_answer_belongs_to_the_browser_and_the_sign_in_that_asked(world: World) -> None:
    mallory, victim = world.site.browser(), world.site.browser()
    mallorys = world.back(mallory)
    world.back(victim)
    assert victim.get(mallorys).status_code == 403, "signs the victim in as mallory"
    assert victim.who() is None
    mine = world.back(victim)
    for path in (
        mine.replace("state=", "state=x"),
        mine.replace("code=", "code=x"),
        mine.replace("iss=", "iss=x"),
        "/oidc/callback",
        "/oidc/callback?error=access_denied",
    ):
        assert victim.get(path).status_code in (403, 502), path
        assert victim.who() is None


def test_an_answer_is_taken_once_and_in_time(world: World) -> None:
    browser = world.site.browser()
    path = world.back(browser)
    assert browser.get(path).status_code == 303
    assert browser.get(path).status_code == 403
    late = world.back(browser)
    world.site.clock.forward(VALID_S)
    assert browser.get(late).status_code == 403


def test_next_of_the_provider_never_leaves_the_site(world: World) -> None:
    browser = world.site.browser()
    assert browser.get(world.back(browser, "//evil.test/")).headers["location"] == "/"


def test_keys_that_were_changed_are_asked_for_again(world: World) -> None:
    assert world.sign_in(world.site.browser()) == 303
    world.provider.rotate()
    assert world.sign_in(world.site.browser()) == 303
    assert world.provider.asked.count("keys") == 2
    assert world.provider.asked.count("configuration") == 1


@pytest.mark.parametrize(
    "configuration",
    [
        {"issuer": "https://evil.example.org"},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "http://id.example.org/auth"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_provider_that_is_set_up_wrongly_is_told(world: World, configuration: dict[str, Any]) -> None:
    world.provider.configuration |= configuration
    answer = world.site.browser().get("/oidc/start")
    assert answer.status_code == 502
    assert "统一身份认证未能完成" in answer.text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"issuer": "http://id.example.org"}, "is not encrypted"),
        ({"issuer": "id.example.org"}, "is no issuer"),
        ({"issuer": "https://li@id.example.org"}, "is no issuer"),
        ({"issuer": ISSUER, "scopes": ["profile"]}, "openid is missing"),
        ({"issuer": ISSUER, "rule": [{"claim": "a", "value": "b", "role": "king"}]}, "Input should be"),
        ({"issuer": ISSUER, "rule": [{"claim": "a", "value": "b", "role": "viewer", "scope": "town:1"}]}, "pattern"),
        ({"issuer": ISSUER, "rule": [{"claim": "a", "value": "b", "role": "safety_manager"}]}, "of an enterprise"),
        (
            {"issuer": ISSUER, "rule": [{"claim": "a", "value": "b", "role": "administrator", "scope": "park:P"}]},
            "sees the whole site",
        ),
    ],
)
def test_settings_that_are_wrong(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        OidcSettings.model_validate({"client_id": "tocsin", **given})
    assert OidcSettings(issuer="http://127.0.0.1:8080", client_id="tocsin").rule == ()


def test_the_page_names_every_key_and_its_example_is_read(tmp_path: Path) -> None:
    page = (DOCS / "reference" / "accounts.md").read_text(encoding="utf-8").split("`[console.oidc]` in the settings")[1]
    rows = {row.split("|")[1].strip(" `") for row in page.splitlines() if row.startswith("| `")}
    assert set(OidcSettings.model_fields) <= rows
    assert all(f"`{key}`" in page for key in OidcRule.model_fields)
    guide = (DOCS / "how-to" / "people-and-sign-in.md").read_text(encoding="utf-8")
    (tmp_path / "tocsin.toml").write_text('site = "site"\n' + guide.split("```toml\n")[1].split("```")[0])
    oidc = read_settings(tmp_path / "tocsin.toml", {}).console.oidc
    assert oidc is not None
    assert oidc.secret_file == tmp_path / "secrets" / "oidc"
    assert oidc.place({"groups": ["tocsin-admins"]}) == (Role.ADMINISTRATOR, Scope())


def test_its_section_is_told_by_line_and_overlaid_by_variables(tmp_path: Path) -> None:
    config = tmp_path / "tocsin.toml"
    config.write_text(
        'site = "s"\n[console]\nsound = false\n[console.oidc]\nissuer = "http://id.example.org"\n'
        'client_id = "t"\n[[console.oidc.rule]]\nclaim = "a"\nvalue = "b"\nrole = "viewer"\n'
        '[[console.oidc.rule]]\nclaim = "a"\nvalue = "b"\nrole = "king"\n'
    )
    with pytest.raises(InputError) as wrong:
        read_settings(config, {})
    lines = [str(mistake).removeprefix(f"{tmp_path}/").split(" ")[:2] for mistake in wrong.value.mistakes]
    assert lines == [["tocsin.toml:5:", "console.oidc.issuer:"], ["tocsin.toml:14:", "console.oidc.rule.1.role:"]]
    config.write_text('site = "s"\n')
    given = {"TOCSIN_CONSOLE__OIDC__ISSUER": ISSUER, "TOCSIN_CONSOLE__OIDC__CLIENT_ID": "tocsin"}
    oidc = read_settings(config, given).console.oidc
    assert oidc is not None
    assert (oidc.issuer, oidc.client_id) == (ISSUER, "tocsin")
    with pytest.raises(InputError, match=r"TOCSIN_CONSOLE__OIDC__ISSUER:1: console\.oidc\.issuer: is not encrypted"):
        read_settings(config, {**given, "TOCSIN_CONSOLE__OIDC__ISSUER": "http://id.example.org"})
