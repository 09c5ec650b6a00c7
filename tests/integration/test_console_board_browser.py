"""The alarm board in a real browser: seen, heard, acknowledged, by keyboard and on a phone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from support.console import ConsoleWorld, axe_script, chromium, ready, running_console, serious
from support.waiting import eventually

from tocsin.accounts.accounts import COMMAND_LINE, Accounts
from tocsin.accounts.roles import Role, Scope
from tocsin.clock import SystemClock

ANIMATION = "getComputedStyle(document.querySelector('.b-row.calls .badge')).animationName"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleWorld]:
    with running_console(tmp_path_factory.mktemp("console")) as running:
        yield running


@pytest.fixture
def page(world: ConsoleWorld, browser: Browser) -> Iterator[Page]:
    """The board, of an operator. Whatever a test does, the page stays within this site and whole."""
    context = world.sign_in(browser)
    opened = context.new_page()
    outside: list[str] = []
    broken: list[str] = []
    opened.on("request", lambda r: None if r.url.startswith((world.url, "data:", "blob:")) else outside.append(r.url))
    opened.on("pageerror", lambda error: broken.append(str(error)))
    opened.goto(f"{world.url}/")
    ready(opened)
    yield opened
    context.close()
    assert not outside, "it works offline"
    assert not broken


def subjects(page: Page) -> list[str]:
    """Those shown, from the top."""
    found: list[str] = page.evaluate("window.tocsin.board.list.items.map((item) => item.subject)")
    return found


def row(page: Page, subject: str) -> Locator:
    return page.locator(".b-row:not([hidden])", has=page.get_by_role("link", name=subject, exact=True))


def confirm(page: Page, action: str) -> None:
    page.locator(".q-dialog").get_by_role("button", name=action, exact=True).click()


def until_shown(page: Page, *wanted: str) -> None:
    assert eventually(lambda: page.wait_for_timeout(50) or set(wanted) <= set(subjects(page)), 10), subjects(page)


def test_an_alarm_shows_within_a_second_and_blinks_until_it_is_acknowledged(world: ConsoleWorld, page: Page) -> None:
    page.evaluate(
        """() => {
            const look = () => {
                const item = [...window.tocsin.board.items.values()].find((i) => i.subject === "E1-P1" && i.on);
                if (item) window.seen = [Date.now(), item.at]; else setTimeout(look, 20);
            };
            look();
        }"""
    )
    world.raise_alarm("E1-P1", 60.0)
    page.wait_for_function("window.seen")
    seen_ms, raised_ms = page.evaluate("window.seen")
    assert seen_ms - raised_ms < 1500, "a second, and what a busy machine adds"
    shown = row(page, "E1-P1")
    expect(shown).to_have_class(re.compile("calls"))
    expect(shown.locator(".badge")).to_have_text("◆ red HH")
    assert page.evaluate(ANIMATION) == "b-blink"
    page.keyboard.press("b")
    assert page.evaluate(ANIMATION) == "none"
    page.keyboard.press("b")
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(ANIMATION) == "none"
    shown.get_by_role("button", name="Acknowledge").click()
    page.get_by_role("textbox", name="Comment").fill("on my way")
    confirm(page, "Acknowledge")
    expect(shown).not_to_have_class(re.compile("calls"))
    expect(shown.locator(".b-standing")).to_contain_text("li.na")
    events = [e.event for _, e in world.live.booked() if e.subject == "E1-P1"]
    assert events == ["raised", "acknowledged"]


def test_by_keyboard_alone(world: ConsoleWorld, page: Page) -> None:
    world.raise_alarm("E1-P2", 60.0)
    world.raise_alarm("E1-P3", 60.0)
    until_shown(page, "E1-P2", "E1-P3")
    page.keyboard.press("/")
    page.keyboard.type("E1-P3")
    assert eventually(lambda: page.wait_for_timeout(50) or subjects(page) == ["E1-P3"])
    assert page.url.endswith("/?q=E1-P3"), "a view can be kept"
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.querySelector('.b-subject').textContent") == "E1-P3"
    page.keyboard.press("s")
    confirm(page, "Shelve")
    expect(page.get_by_text("Needed")).to_be_visible()
    expect(page.get_by_role("textbox", name="Why it is shelved")).to_be_focused()
    page.keyboard.type("being cleaned")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No alarm matches the filters")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    page.get_by_role("combobox", name="By state").select_option("aside")
    expect(row(page, "E1-P3").locator(".b-marks")).to_contain_text("shelved until")
    assert page.url.endswith("?state=aside")
    page.reload()
    ready(page)
    until_shown(page, "E1-P3")
    assert subjects(page) == ["E1-P3"], "the address holds the filters"
    page.get_by_role("button", name="Clear filters").click()
    page.locator("body").press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")


def test_many_at_once(world: ConsoleWorld, page: Page) -> None:
    for point in ("E1-P4", "E1-P5", "E1-P6"):
        world.send(point, 30.0)
    until_shown(page, "E1-P4", "E1-P5", "E1-P6")
    page.get_by_role("combobox", name="By state").select_option("unacknowledged")
    page.get_by_role("checkbox", name=re.compile("Select those shown")).check()
    page.get_by_role("toolbar").get_by_role("button", name="Acknowledge").click()
    confirm(page, "Acknowledge")
    expect(page.get_by_text("No alarm matches the filters")).to_be_visible()
    expect(page.locator("#t-counts")).to_have_text("✓ Nothing to acknowledge")
    expect(page.locator(".b-bulk")).to_be_hidden()


def test_the_first_of_an_incident_is_marked(world: ConsoleWorld, page: Page) -> None:
    for point in ("E1-P1", "E1-P2", "E1-P4"):
        world.send(point, 60.0)
    until_shown(page, "E1-P1", "E1-P2", "E1-P4")
    expect(page.locator(".b-row:not([hidden]) .b-mark.first")).to_have_count(1)
    first = page.locator(".b-row:not([hidden])", has=page.locator(".b-mark.first")).locator(".b-subject").text_content()
    booked = [e.subject for _, e in world.live.booked() if e.event == "raised" and e.enterprise == "E1"]
    assert first == booked[0]


def test_it_is_heard_once_the_browser_lets_it(world: ConsoleWorld, page: Page) -> None:
    sound = page.locator(".t-sound-button")
    expect(sound).to_contain_text("The browser allows no sound yet")
    world.raise_alarm("E2-P1", 60.0)
    page.wait_for_timeout(600)
    assert page.evaluate("window.tocsin.live.sound.played") == []
    sound.click()
    expect(sound).to_contain_text("Sound is on")
    page.wait_for_function("window.tocsin.live.sound.played.includes('red')", timeout=5000)
    sound.click()
    page.get_by_role("button", name="Mute for 15 min").click()
    expect(sound).to_contain_text("Muted until")
    assert page.evaluate("window.tocsin.live.sound.wanted()") is None
    page.evaluate("localStorage.setItem('tocsin.muted-until', String(Date.now() + 300))")
    expect(sound).to_contain_text("Sound is on", timeout=5000)
    page.keyboard.press("m")
    expect(sound).to_contain_text("Silenced")
    assert page.evaluate("window.tocsin.live.sound.wanted()") is None
    world.send("E1-P7", 60.0)
    page.wait_for_function("window.tocsin.live.sound.wanted() === 'red'", timeout=5000)


def test_a_phone_has_cards_with_buttons_for_thumbs(world: ConsoleWorld, browser: Browser) -> None:
    world.send("E1-P7", 60.0)
    context = world.sign_in(browser, width=390, height=844, language="zh", name="wang")
    page = context.new_page()
    page.goto(f"{world.url}/")
    ready(page)
    until_shown(page, "E1-P7")
    button = row(page, "E1-P7").get_by_role("button", name="确认")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    button.click()
    page.locator(".q-dialog").get_by_role("button", name="确认告警").click()
    expect(row(page, "E1-P7").locator(".b-state")).to_have_text("报警中，已确认")
    context.close()


def test_an_enterprise_sees_its_own_alone_and_cannot_silence_it(world: ConsoleWorld, browser: Browser) -> None:
    world.send("E2-P1", 60.0)
    context = world.sign_in(browser, name="manager", role=Role.SAFETY_MANAGER, scope=Scope("enterprise", "E2"))
    page = context.new_page()
    page.goto(f"{world.url}/")
    ready(page)
    until_shown(page, "E2-P1")
    assert set(subjects(page)) == {"E2-P1"}
    page.evaluate("emitEvent('board_act', {action: 'shelve', alarms: [window.tocsin.board.list.items[0].id]})")
    page.get_by_role("textbox", name="Why it is shelved").fill("let me")
    confirm(page, "Shelve")
    expect(page.get_by_text("Your role may not use this page.")).to_be_visible()
    world.send("E1-P1", 60.0)
    others: list[str] = []
    assert eventually(
        lambda: bool(others.extend(e.alarm for _, e in world.live.booked() if e.enterprise == "E1") or others)
    )
    page.goto(f"{world.url}/alarms/{others[0]}")
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()
    context.close()


def test_who_was_signed_out_can_do_nothing_more(world: ConsoleWorld, browser: Browser) -> None:
    world.send("E2-P1", 60.0)
    context = world.sign_in(browser, name="leaver")
    page = context.new_page()
    page.goto(f"{world.url}/")
    ready(page)
    until_shown(page, "E2-P1")
    accounts = Accounts.open(world.live.data / "accounts.sqlite", SystemClock())
    accounts.users.disable(COMMAND_LINE, "leaver")
    accounts.close()
    row(page, "E2-P1").get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("Your session is over")).to_be_visible()
    assert [e.event for _, e in world.live.booked() if e.subject == "E2-P1"] == ["raised"]
    context.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_keeps_people_out(world: ConsoleWorld, browser: Browser, dark: bool) -> None:
    world.send("E2-P1", 60.0)
    axe = axe_script()
    for width in (1440, 390):
        context = world.sign_in(browser, dark=dark, width=width)
        page = context.new_page()
        page.emulate_media(reduced_motion="reduce")
        page.goto(f"{world.url}/")
        ready(page)
        until_shown(page, "E2-P1")
        assert serious(page, axe) == []
        row(page, "E2-P1").get_by_role("link").first.click()
        ready(page)
        expect(page.locator(".t-verdict")).to_be_visible(timeout=20_000)
        assert serious(page, axe) == []
        context.close()
