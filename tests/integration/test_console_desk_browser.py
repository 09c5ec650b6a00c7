"""The desk in a real browser: overrides by two people, what-if, reports, hazard reports, settings; no crossing."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from support.console import ConsoleWorld, axe_script, chromium, ready, running_console, serious

from tocsin.accounts.roles import Role, Scope

PAGES = (
    "/disposals",
    "/delivery",
    "/overrides",
    "/hazard-reports",
    "/rules",
    "/rules/gas",
    "/what-if",
    "/reports",
    "/drills",
    "/audit",
    "/settings",
    "/help",
)
FOR_ALL = {"/disposals", "/delivery", "/overrides", "/hazard-reports", "/rules", "/rules/gas", "/reports", "/help"}
"""Pages that a safety manager may open."""
OF_E2 = re.compile(r"E2-P1|Works 2|\bE2\b|E2-U")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleWorld]:
    with running_console(tmp_path_factory.mktemp("console")) as running:
        running.raise_alarm("E1-P1")
        running.raise_alarm("E2-P1", 30.0)
        yield running


@pytest.fixture
def admin(world: ConsoleWorld, browser: Browser) -> Iterator[BrowserContext]:
    context = world.sign_in(browser, name="root", role=Role.ADMINISTRATOR)
    yield context
    context.close()


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    ready(page)
    return page


def test_a_manager_sees_nothing_of_another_enterprise(world: ConsoleWorld) -> None:
    cookie = world.cookie("manager.e1", Role.SAFETY_MANAGER, Scope("enterprise", "E1"))
    root = world.cookie("root", Role.ADMINISTRATOR)
    with httpx.Client(base_url=world.url, trust_env=False, timeout=30) as client:
        everything = ""
        for path in PAGES:
            mine = client.get(path, headers={"cookie": f"tocsin_session={cookie}"})
            assert mine.status_code == (200 if path in FOR_ALL else 403), path
            assert not OF_E2.search(mine.text), path
            whole = client.get(path, headers={"cookie": f"tocsin_session={root}"})
            assert whole.status_code == 200, path
            everything += whole.text
        assert OF_E2.search(everything), "who sees the whole site is shown it"
        north = world.cookie("north", Role.OPERATOR, Scope("region", "north"))
        offered = client.get("/help", headers={"cookie": f"tocsin_session={north}"}).text
        assert "/overrides" in offered
        assert "/settings" not in offered, "it would be refused"


def test_a_calibration_takes_two_people(world: ConsoleWorld, browser: Browser, admin: BrowserContext) -> None:
    page = opened(admin, f"{world.url}/overrides")
    page.get_by_role("button", name="Set one").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="For").click()
    page.get_by_role("option", name="calibration").click()
    dialog.get_by_text("Never-suppress levels too").click()
    dialog.get_by_label("Id", exact=True).fill("E1-P3")
    dialog.get_by_role("button", name="Propose it").click()
    expect(dialog.get_by_text("Needed")).to_be_visible()
    dialog.get_by_label("Why").fill("the yearly one")
    dialog.get_by_role("button", name="Propose it").click()
    expect(page.get_by_text("it is yours: another person approves")).to_be_visible(timeout=10_000)
    second = world.sign_in(browser, name="wu.gang")
    other = opened(second, f"{world.url}/overrides")
    other.get_by_role("button", name="Approve").click()
    expect(other.get_by_text("approved by wu.gang")).to_be_visible(timeout=10_000)
    other.get_by_role("button", name="End it").click()
    other.get_by_role("dialog").get_by_role("button", name="End it").click()
    expect(other.get_by_text("approved by wu.gang")).to_be_hidden(timeout=10_000)
    second.close()


def test_what_another_limit_would_have_changed(world: ConsoleWorld, admin: BrowserContext) -> None:
    page = opened(admin, f"{world.url}/what-if?rule=gas")
    text = page.get_by_label("Content")
    expect(text).to_have_value(re.compile("hh: 50"))
    text.fill((text.input_value()).replace("h: 25, hh: 50", "h: 40, hh: 70"))
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("What would have changed")).to_be_visible(timeout=30_000)
    expect(page.locator(".t-page")).to_contain_text("▼ gone 1")
    expect(page.locator(".t-page")).to_contain_text("E2-P1")
    text.fill("rules: nonsense")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("It can't be compared")).to_be_visible(timeout=30_000)
    expect(page.locator(".k-mono").last).to_contain_text("rules/rules.yaml")


def test_reports_are_shown_and_taken_away(world: ConsoleWorld, browser: Browser) -> None:
    manager = world.sign_in(
        browser, name="manager.e1", role=Role.SAFETY_MANAGER, scope=Scope("enterprise", "E1"), language="zh", width=390
    )
    page = opened(manager, f"{world.url}/reports")
    page.get_by_role("button", name="生成报表").click()
    page.wait_for_url("**/reports?report=month*")
    with page.expect_download(timeout=30_000) as found:
        page.get_by_role("button", name="CSV").click(timeout=30_000)
    text = Path(found.value.path()).read_text("utf-8-sig")
    assert text.startswith("table,item,figure,value,unit")
    assert "E1" in page.locator(".t-page").inner_text()
    assert not OF_E2.search(text + page.locator(".t-page").inner_text())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    manager.close()


def test_a_hazard_report_from_taken_in_to_closed(world: ConsoleWorld, browser: Browser) -> None:
    operator = world.sign_in(browser, width=390, height=844)
    page = opened(operator, f"{world.url}/hazard-reports")
    page.get_by_role("button", name="Take one in").click()
    page.get_by_label("What is reported").fill("A strong smell at the gate")
    page.get_by_label("Who reported: phone").fill("13800138000")
    page.get_by_role("button", name="Take it in").click()
    expect(page.get_by_text("say where: a unit, an enterprise or a place")).to_be_visible()
    page.get_by_role("combobox", name="Enterprise").click()
    page.get_by_role("option", name="Works 1").click()
    page.get_by_role("button", name="Take it in").click()
    page.get_by_role("link", name="hotline 12350").click()
    ready(page)
    expect(page.locator(".t-page")).not_to_contain_text("13800138000")
    page.get_by_role("button", name="Show who reported").click()
    expect(page.get_by_text("13800138000")).to_be_visible()
    page.get_by_role("button", name="Link an alarm").first.click()
    expect(page.locator(".k-stack")).to_contain_text("linked")
    page.get_by_role("button", name="Close", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill("a valve was open")
    dialog.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_role("button", name="Open again")).to_be_visible()
    operator.close()


def test_the_settings_page_tells_what_the_doctor_finds(world: ConsoleWorld, admin: BrowserContext) -> None:
    page = opened(admin, f"{world.url}/settings")
    expect(page.get_by_text(re.compile(r"\d+ ok, \d+ to look at, \d+ bad"))).to_be_visible(timeout=30_000)
    expect(page.locator(".k-stack")).to_contain_text("journal")
    trail = opened(admin, f"{world.url}/audit?about=gas")
    expect(trail.get_by_text("Nothing fits.")).to_be_visible()


def test_no_serious_finding(world: ConsoleWorld, admin: BrowserContext) -> None:
    axe = axe_script()
    found = {path: serious(opened(admin, world.url + path), axe) for path in PAGES}
    assert not {path: findings for path, findings in found.items() if findings}
