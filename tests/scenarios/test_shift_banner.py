"""Whatever dies in a shift, the screen says so within five seconds, and looks calm again only when it is back."""

import os
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from support.console import chromium, ready
from support.proxy import Proxy
from support.shift import Shift, banner, influx_where_there_is_one, working_shift

from tocsin.centre.pulse import QUIET_LOG_MS
from tocsin.clock import SystemClock
from tocsin.console.shell_words import SHELL

WITHIN_S = 5.0
OLD_S = 3.0
SAID = SHELL.said("en")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def shift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shift]:
    folder = tmp_path_factory.mktemp("shift")
    with (
        influx_where_there_is_one(tmp_path_factory.mktemp("influx")) as influx,
        working_shift(folder, influx=influx, settings=f"readings_old_s = {OLD_S}") as running,
    ):
        yield running


@pytest.fixture(scope="module")
def opened(shift: Shift, browser: Browser) -> Iterator[Page]:
    """The duty officer's, open through all of it."""
    context = shift.sign_in(browser)
    page = context.new_page()
    page.goto(f"{shift.url}/")
    ready(page)
    yield page
    context.close()


@pytest.fixture
def screen(opened: Page) -> Page:
    """It looks calm."""
    expect(opened.locator("#t-banner")).to_be_hidden(timeout=20_000)
    return opened


def told(page: Page, part: str, *, blind: bool = True, within_s: float = WITHIN_S) -> float:
    """Seconds until the banner names the part; fails where it takes longer."""
    clock = SystemClock()
    begun_s = clock.monotonic_s()
    words = SAID[f"part_{part}"].replace("{name}", "")
    line = page.locator("#t-banner li", has_text=words).first
    expect(line).to_be_visible(timeout=within_s * 1000)
    took_s = clock.monotonic_s() - begun_s
    assert ("t-blind" in (page.locator("html").get_attribute("class") or "")) == blind
    expect(page.locator("#t-banner")).to_contain_text(SAID["blind_title" if blind else "degraded_title"])
    if blind:
        expect(page.locator("#t-counts")).to_have_text(f"▨ {SAID['unknown_open']}")
    return took_s


def test_old_readings(shift: Shift, screen: Page) -> None:
    shift.devices.stop()
    try:
        told(screen, "readings", within_s=OLD_S + WITHIN_S)
    finally:
        shift.devices.rest()


def test_a_broker_that_is_killed(shift: Shift, screen: Page) -> None:
    shift.broker.stop(kill=True)
    try:
        told(screen, "source")
    finally:
        shift.broker.start()


def test_an_engine_that_stands_still(shift: Shift, screen: Page) -> None:
    assert shift.live.process is not None
    os.kill(shift.live.process.pid, signal.SIGSTOP)
    try:
        told(screen, "service")
        told(screen, "engine", within_s=QUIET_LOG_MS / 1000 + WITHIN_S)
    finally:
        os.kill(shift.live.process.pid, signal.SIGCONT)


def test_a_service_that_is_killed(shift: Shift, screen: Page) -> None:
    shift.live.kill()
    try:
        told(screen, "service")
    finally:
        shift.live.start()


def test_a_browser_that_is_cut_off(shift: Shift, browser: Browser, screen: Page) -> None:
    with Proxy(shift.console.port) as line:
        context = shift.sign_in(browser)
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{line.port}/")
        ready(page)
        assert banner(page) == ""
        context.set_offline(True)
        line.cut()
        told(page, "page")
        context.set_offline(False)
        expect(page.locator("#t-banner")).to_be_hidden(timeout=10_000)
        context.close()
    assert banner(screen) == "", "others saw nothing of it"


def test_history_that_is_killed(shift: Shift, screen: Page) -> None:
    if shift.influx is None:
        pytest.skip("influxd is not there: make services builds it")
    assert shift.influx.process is not None
    shift.influx.process.kill()
    told(screen, "follower", blind=False)


def test_a_console_that_is_killed(shift: Shift, opened: Page) -> None:
    shift.console.kill()
    told(opened, "page")
