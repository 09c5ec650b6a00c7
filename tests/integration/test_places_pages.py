"""Pages about places in a real browser: live, in both languages, on a phone, and for nobody else's eyes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect
from support.console import ConsoleWorld, axe_script, chromium, ready, serious
from support.field import Field
from support.live import POINTS, Live, running_broker

from ingest import unknown_store
from ingest.unknown import UnknownDevices
from tocsin.accounts.roles import Role, Scope
from tocsin.clock import SystemClock
from tocsin.log.layout import UNKNOWN

PATHS = ("/map", "/enterprises", "/enterprises/E1", "/units/E1-U", "/points/E1-P1", "/devices", "/onboarding")
ENTERPRISES = "enterprise,name,region,lat,lon\nE1,Works 1,north,40.60,109.80\nE2,Works <i>2</i>,north,40.62,109.84\n"
UNITS = """\
unit,enterprise,name,kind,required,camera
E1-U,E1,Hall,workshop,gas.combustible gas.oxygen,https://camera.example.org/1
E2-U,E2,Hall,workshop,,
"""
OTHERS = "Works &lt;i&gt;2"
"""The name of E2, as the browser tells its own page. A name may be whatever somebody wrote."""
CONTACTS = "contact,name,role,region_or_enterprise,phone\nc1,Wang Wei,safety,E1,13800000001\n"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleWorld]:
    """That of support.console, with places on the map, a camera, somebody to call, and a device that nobody knows."""
    folder = tmp_path_factory.mktemp("places")
    with running_broker(folder) as broker, Live(folder, broker.port) as live:
        for name, text in (("enterprises.csv", ENTERPRISES), ("units.csv", UNITS), ("contacts.csv", CONTACTS)):
            (live.site / name).write_text(text, encoding="utf-8")
        _stranger(live.data)
        live.start()
        with Field(broker.port, (*POINTS, "E2-P1"), without_time=0.0) as field:
            running = ConsoleWorld(live, broker, field)
            for point in (*POINTS, "E2-P1"):
                running.send(point, 5.0)
            running.console.start()
            try:
                yield running
            finally:
                running.console.kill()


def _stranger(data: Path) -> None:
    data.mkdir()
    strangers, now_ms = UnknownDevices(), SystemClock().now_ms()
    strangers.note("tocsin/v1/E1/NEW/up", "NEW", "E1", [("lel", 1.5, "%LEL"), ("xyz", 4.0, "")], now_ms)
    unknown_store.save(strangers, data / UNKNOWN, now_ms)


@pytest.fixture
def page(world: ConsoleWorld, browser: Browser) -> Iterator[Page]:
    """Of an engineer who sees the whole site."""
    yield from _window(world, browser, Role.ADMINISTRATOR)


@pytest.fixture
def manager(world: ConsoleWorld, browser: Browser) -> Iterator[Page]:
    """Of the safety manager of E1."""
    yield from _window(world, browser, Role.SAFETY_MANAGER, Scope("enterprise", "E1"))


def _window(world: ConsoleWorld, browser: Browser, role: Role, scope: Scope | None = None) -> Iterator[Page]:
    """A window in which nothing may fail, and that may ask nobody but the console."""
    context = world.sign_in(browser, name=role.value, role=role, scope=scope or Scope())
    opened = context.new_page()
    outside: list[str] = []
    broken: list[str] = []
    opened.on("request", lambda r: None if r.url.startswith((world.url, "data:", "blob:")) else outside.append(r.url))
    opened.on("pageerror", lambda error: broken.append(str(error)))
    yield opened
    context.close()
    assert not outside, "it works offline"
    assert not broken


def show(world: ConsoleWorld, page: Page, path: str) -> None:
    answer = page.goto(f"{world.url}{path}")
    assert answer is not None
    assert answer.status == 200, path
    ready(page)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_can_be_used_by_everybody_and_on_a_phone(
    world: ConsoleWorld, browser: Browser, language: Literal["zh", "en"]
) -> None:
    dark = language == "zh"
    context = world.sign_in(
        browser, width=390, height=844, dark=dark, name="a", role=Role.ADMINISTRATOR, language=language
    )
    opened = context.new_page()
    broken: list[str] = []
    opened.on("pageerror", lambda error: broken.append(str(error)))
    for path in PATHS:
        show(world, opened, path)
        expect(opened.get_by_role("heading", level=1)).to_have_count(1)
        assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than a phone"
        if language == "zh":
            assert serious(opened, axe_script()) == [], path
    assert broken == []
    context.close()


def test_the_map_turns_red_while_one_looks_at_it(world: ConsoleWorld, page: Page) -> None:
    show(world, page, "/map")
    listed = page.locator("[data-place='enterprise:E1']")
    expect(page.locator(".p-mark")).to_have_count(2)
    world.raise_alarm("E1-P1", 60.0)
    expect(listed.locator(".p-cell-state")).to_contain_text("red", timeout=4_000)
    expect(page.locator(".p-mark.severity-red")).to_have_count(1)
    expect(page.locator("[data-place='region:north'] .p-cell-state")).to_contain_text("red")
    expect(page.get_by_role("link", name="Works <i>2</i>")).to_be_visible()
    assert OTHERS in page.content()
    page.get_by_label("Only those with alarms").check()
    expect(page.locator("[data-place='enterprise:E2']")).to_be_hidden()
    page.get_by_role("link", name="Works 1").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Works 1")
    expect(page.get_by_text("Wang Wei")).to_be_visible()


def test_a_unit_shows_every_reading_and_what_falls_silent(world: ConsoleWorld, page: Page) -> None:
    show(world, page, "/units/E1-U")
    row = page.locator("[data-point='E1-P2']")
    world.send("E1-P2", 17.5)
    expect(row.locator(".p-value")).to_contain_text("17.5", timeout=4_000)
    expect(row.locator(".p-quality")).to_have_text("good")
    expect(row.locator(".p-quality")).to_have_text("old", timeout=8_000)
    world.raise_alarm("E1-P2", 60.0)
    expect(row.locator(".p-severity")).to_contain_text("red", timeout=4_000)
    expect(page.locator(".p-alarms").get_by_text("E1-P2").first).to_be_visible()
    world.send("E1-P2", 5.0)
    expect(row.locator(".p-severity")).to_have_text("over", timeout=4_000)
    expect(page.get_by_text("no point")).to_be_visible()
    expect(page.get_by_role("link", name="See the camera")).to_have_attribute("href", "https://camera.example.org/1")
    expect(page.locator(".p-chart canvas")).to_be_visible()


def test_the_keyboard_keeps_its_place_when_a_part_is_written_anew(world: ConsoleWorld, page: Page) -> None:
    show(world, page, "/enterprises/E2")
    page.get_by_role("link", name="Hall").focus()
    world.raise_alarm("E2-P1", 60.0)
    expect(page.locator(".p-state")).to_contain_text("red", timeout=4_000)
    expect(page.get_by_role("cell", name="red").first).to_be_visible()
    expect(page.get_by_role("link", name="Hall")).to_be_focused()


def test_a_point_has_its_trend_over_a_time_of_ones_choice(world: ConsoleWorld, page: Page) -> None:
    world.send("E1-P3", 12.5)
    show(world, page, "/points/E1-P3?hours=1")
    expect(page.locator(".p-ranges [aria-current]")).to_have_text("1 h")
    expect(page.locator(".p-chart canvas")).to_be_visible()
    expect(page.get_by_role("group", name="Statistics")).to_contain_text("12.5 %LEL")
    page.get_by_role("link", name="1 week").click()
    expect(page.locator(".p-ranges [aria-current]")).to_have_text("1 week")
    expect(page.locator("li", has_text="gas")).not_to_have_count(0)


def test_devices_stand_as_they_are_heard_and_the_day_can_be_worked_out(world: ConsoleWorld, page: Page) -> None:
    show(world, page, "/devices")
    expect(page.get_by_text("never heard").first).to_be_visible()
    page.get_by_role("button", name="Work it out").click()
    expect(page.locator(".p-card", has_text="Online over the last 24 hours").locator("table")).to_contain_text("north")


def test_an_unknown_device_becomes_lines_of_points(world: ConsoleWorld, page: Page) -> None:
    show(world, page, "/onboarding")
    page.get_by_role("button", name="Propose points").click()
    dialog = page.locator(".q-dialog")
    dialog.get_by_role("button", name="Propose").click()
    expect(dialog.get_by_role("alert")).to_contain_text("xyz")
    dialog.get_by_label("What xyz is").click()
    page.get_by_role("option", name="no point").click()
    dialog.get_by_role("button", name="Propose").click()
    expect(dialog.locator("pre")).to_contain_text("NEW-lel,E1-U,gas.combustible,%LEL")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download CSV").click()
    assert download.value.suggested_filename == "points-NEW.csv"


def test_a_manager_sees_their_own_places_and_no_others(world: ConsoleWorld, manager: Page) -> None:
    show(world, manager, "/map")
    expect(manager.locator(".p-place")).to_have_count(1)
    expect(manager.locator("[data-place='region:north'] .p-cell-state")).to_have_text("")
    assert OTHERS not in manager.content()
    show(world, manager, "/devices")
    assert OTHERS not in manager.content()
    assert "E2-P1" not in manager.content()
    for path in ("/enterprises/E2", "/units/E2-U", "/points/E2-P1", "/units/nowhere"):
        answer = manager.goto(f"{world.url}{path}")
        assert answer is not None
        assert answer.status == 404, path
        assert OTHERS not in manager.content()
    answer = manager.goto(f"{world.url}/onboarding")
    assert answer is not None
    assert answer.status == 403
