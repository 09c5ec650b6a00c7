"""A screen never looks calm because something behind it is dead: the banner is there within five seconds."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from support.console import ConsoleWorld, chromium, ready, running_console

from tocsin.clock import SystemClock

WITHIN_MS = 5_000


@pytest.fixture(scope="module")
def page_and_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, ConsoleWorld]]:
    folder: Path = tmp_path_factory.mktemp("banner")
    with running_console(folder) as world, chromium() as browser:
        context = world.sign_in(browser)
        page = context.new_page()
        page.goto(f"{world.url}/")
        ready(page)
        yield page, world
        context.close()


def blind(page: Page, said: str) -> None:
    """The banner says it, and nothing looks calm."""
    began_s = SystemClock().monotonic_s()
    banner = page.locator("#t-banner")
    expect(banner).to_contain_text(said, timeout=WITHIN_MS + 1_000)
    assert SystemClock().monotonic_s() - began_s < WITHIN_MS / 1000
    expect(banner).to_contain_text("Blind")
    expect(page.locator("html.t-blind")).to_have_count(1)
    expect(page.locator("#t-counts")).to_contain_text("Alarms unknown")
    assert page.evaluate("getComputedStyle(document.querySelector('.t-main')).filter") == "grayscale(1)"


def sees_again(page: Page) -> None:
    expect(page.locator("#t-banner")).to_be_hidden(timeout=20_000)
    expect(page.locator("html.t-blind")).to_have_count(0)


def test_nothing_is_wrong_and_an_empty_board_says_so(page_and_world: tuple[Page, ConsoleWorld]) -> None:
    page, _ = page_and_world
    sees_again(page)
    expect(page.get_by_text("No current alarms")).to_be_visible()


def test_the_service_is_killed(page_and_world: tuple[Page, ConsoleWorld]) -> None:
    page, world = page_and_world
    world.live.kill()
    blind(page, "The alarm service does not answer")
    expect(page.get_by_text("Unknown: nothing is being watched")).to_be_visible()
    world.live.start()
    sees_again(page)


def test_the_broker_is_gone(page_and_world: tuple[Page, ConsoleWorld]) -> None:
    page, world = page_and_world
    world.broker.stop()
    blind(page, "No connection to broker")
    world.broker.start()
    sees_again(page)


def test_the_console_stands_still_then_dies(page_and_world: tuple[Page, ConsoleWorld]) -> None:
    page, world = page_and_world
    assert world.console.process is not None
    world.console.process.send_signal(signal.SIGSTOP)
    blind(page, "This page has lost the console")
    world.console.process.send_signal(signal.SIGCONT)
    sees_again(page)
    world.console.kill()
    blind(page, "This page has lost the console")
    world.console.start()
    sees_again(page)
    ready(page)
    expect(page.get_by_text("No current alarms")).to_be_visible()
