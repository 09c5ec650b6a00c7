"""Disposal of an alarm on a phone: taken, photographed, submitted by one, verified and closed by another."""

import struct
import zlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from support.console import ConsoleWorld, axe_script, chromium, ready, running_console, serious

from tocsin.accounts.roles import Role, Scope


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleWorld]:
    with running_console(tmp_path_factory.mktemp("console")) as running:
        yield running


def phone(world: ConsoleWorld, browser: Browser, enterprise: str) -> BrowserContext:
    """Of the safety manager of an enterprise."""
    return world.sign_in(
        browser,
        width=390,
        height=844,
        name=f"manager.{enterprise.lower()}",
        role=Role.SAFETY_MANAGER,
        scope=Scope("enterprise", enterprise),
    )


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    ready(page)
    return page


def picture() -> bytes:
    """A small PNG."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + b"\xb0\x10\x20" * 40 for _ in range(30))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 30, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def step(page: Page, name: str, label: str = "", text: str = "") -> None:
    """Take a step by its button and its dialog."""
    page.get_by_role("button", name=name, exact=True).click()
    dialog = page.get_by_role("dialog")
    if label:
        dialog.get_by_label(label).fill(text)
    dialog.get_by_role("button", name=name, exact=True).click()


def test_from_taken_to_closed_on_a_phone(world: ConsoleWorld, browser: Browser) -> None:
    alarm = world.raise_alarm("E1-P1")
    address = f"{world.url}/alarms/{alarm}/disposal"
    manager, operator = phone(world, browser, "E1"), world.sign_in(browser)
    page = opened(manager, address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    left = page.locator("[data-deadline]")
    before = left.text_content()
    expect(left).not_to_have_text(before or "")  # it counts down
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("in progress", exact=True)).to_be_visible()
    page.locator("summary").click()
    expect(page.locator("details")).to_contain_text("it has no cause")
    files = [
        {"name": "leak.png", "mimeType": "image/png", "buffer": picture()},
        {"name": "game.exe", "mimeType": "application/octet-stream", "buffer": b"MZ\x90\0"},
        {"name": "valve.txt", "mimeType": "text/plain", "buffer": b"V-12 was open"},
    ]
    page.set_input_files("#d-files", files)  # type: ignore[arg-type]
    expect(page.locator(".d-gallery img")).to_have_attribute("alt", "leak.png")
    expect(page.locator("#d-sending .failed")).to_contain_text("game.exe")
    expect(page.get_by_role("link", name="Download valve.txt")).to_be_visible()
    page.wait_for_function("document.querySelector('.d-gallery img').naturalWidth === 40")
    page.get_by_role("button", name="Name the cause", exact=True).click()
    page.get_by_role("combobox", name="Cause").click()
    page.get_by_role("option", name="a leak").click()
    page.get_by_role("dialog").get_by_role("button", name="Name the cause", exact=True).click()
    step(page, "Submit", "What came of it", "flange replaced")
    expect(page.get_by_text("submitted, to be verified")).to_be_visible()
    other = opened(operator, address)
    step(other, "Verify")
    expect(other.get_by_text("verified, to be closed")).to_be_visible()
    world.send("E1-P1", 5.0)
    expect(other.get_by_text("is over", exact=True)).to_be_visible()
    step(other, "Close")
    expect(page.locator(".d-steps li").last).to_contain_text("closed")  # on the manager's phone too
    evidence = page.locator(".d-gallery img").get_attribute("src")
    kept = manager.request.get(f"{world.url}{evidence}")
    assert kept.headers["content-type"] == "image/png"
    assert kept.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in kept.headers["content-security-policy"]
    text = page.get_by_role("link", name="Download valve.txt").get_attribute("href")
    assert manager.request.get(f"{world.url}{text}").headers["content-type"] == "application/octet-stream"
    manager.close()
    operator.close()
    stranger = phone(world, browser, "E2")
    assert stranger.request.get(f"{world.url}{evidence}").status == 404
    assert stranger.request.get(address).status == 404
    stranger.close()


def test_each_enterprise_has_its_own_list(world: ConsoleWorld, browser: Browser) -> None:
    world.raise_alarm("E1-P2")
    world.raise_alarm("E2-P1", 30.0)
    seen = {}
    for enterprise in ("E1", "E2"):
        context = phone(world, browser, enterprise)
        page = opened(context, f"{world.url}/disposals?enterprise=E1")
        seen[enterprise] = page.locator(".t-page").inner_text()
        context.close()
    assert "E1-P2" in seen["E1"]
    assert "E2-P1" not in seen["E1"]
    assert "No disposal fits" in seen["E2"]


def test_no_serious_finding(world: ConsoleWorld, browser: Browser) -> None:
    alarm = world.raise_alarm("E1-P3")
    axe = axe_script()
    context = world.sign_in(browser, language="zh", dark=True)
    for path in ("/disposals", f"/alarms/{alarm}/disposal"):
        assert not serious(opened(context, world.url + path), axe), path
    context.close()
