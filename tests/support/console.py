"""`tocsin console` beside a running service, and a browser that somebody has signed in with."""

import contextlib
import json
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from support.field import Field
from support.live import POINTS, TOCSIN, Live, environment, running_broker
from support.mosquitto import Mosquitto, free_port
from support.waiting import eventually

from tocsin.accounts.accounts import COMMAND_LINE, Accounts
from tocsin.accounts.roles import Role, Scope
from tocsin.clock import SystemClock
from tools.services.axe import find as find_axe

PASSWORD = "a bell in the night"
WHOLE_SITE = Scope()


class ConsoleProcess:
    """`tocsin console` on a free port, under the settings of a service."""

    def __init__(self, config: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._config = config
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it answers. The first start's link, and what it logs, stand in console.log."""
        with (self._config.parent / "console.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(TOCSIN), "console", "--config", str(self._config)],
                stdout=log,
                stderr=log,
                cwd=self._config.parent,
                env=environment() | {"TOCSIN_CONSOLE__LISTEN": f"127.0.0.1:{self.port}"},
            )
        process = self.process
        assert eventually(lambda: self._answers() or process.poll() is not None, 90), self.log
        assert process.poll() is None, self.log

    def kill(self) -> None:
        """kill -9, if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(20)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)

    @property
    def log(self) -> str:
        return (self._config.parent / "console.log").read_text("utf-8", errors="replace")

    def _answers(self) -> bool:
        import httpx

        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/healthz", timeout=2, trust_env=False).status_code == 200
        return False


class ConsoleWorld:
    """A broker, a service (support.live.Live), detectors, of which E1-P8 goes on saying all is well, and a console.

    `live.site` has E1 with a hall of eight gas detectors (E1-P1 to E1-P8) and E2 with one (E2-P1); an alarm is orange
    from 25, red from 50 %LEL.
    """

    def __init__(self, live: Live, broker: Mosquitto, field: Field) -> None:
        self.live = live
        self.broker = broker
        self.console = ConsoleProcess(live.config)
        self._field = field

    @property
    def url(self) -> str:
        return self.console.url

    def send(self, point: str, level: float) -> None:
        """One reading; 30 raises an orange alarm, 60 a red one, 5 ends it."""
        self._field.send(point, level)

    def raise_alarm(self, point: str, level: float = 60.0) -> str:
        """The id of the alarm that this reading raises; returns when it is booked."""
        before = {e.alarm for _, e in self.live.booked()}
        self.send(point, level)
        found: list[str] = []

        def is_booked() -> bool:
            found[:] = [e.alarm for _, e in self.live.booked() if e.subject == point and e.alarm not in before]
            return bool(found)

        assert eventually(is_booked), self.live.log[-2000:]
        return found[0]

    def cookie(
        self,
        name: str = "li.na",
        role: Role = Role.OPERATOR,
        scope: Scope = WHOLE_SITE,
        language: Literal["zh", "en"] = "en",
    ) -> str:
        """A session of this user, who is added where there is none of the name."""
        accounts = Accounts.open(self.live.data / "accounts.sqlite", SystemClock())
        try:
            if accounts.users.find(name) is None:
                accounts.users.add(COMMAND_LINE, name, role, scope, display_name=name.title(), language=language)
            accounts.users.change_language(name, language)
            return accounts.sessions.begin(name)
        finally:
            accounts.close()

    def sign_in(
        self,
        browser: Browser,
        *,
        width: int = 1440,
        height: int = 900,
        dark: bool = False,
        name: str = "li.na",
        role: Role = Role.OPERATOR,
        scope: Scope = WHOLE_SITE,
        language: Literal["zh", "en"] = "en",
    ) -> BrowserContext:
        """A window of the browser in which the user is signed in. Close it."""
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale="zh-CN" if language == "zh" else "en-GB",
            timezone_id="Asia/Shanghai",
        )
        cookie = self.cookie(name, role, scope, language)
        context.add_cookies([{"name": "tocsin_session", "value": cookie, "url": self.url}])
        return context


@contextlib.contextmanager
def running_console(folder: Path, *, settings: str = "") -> Iterator[ConsoleWorld]:
    """Everything runs within. `settings` are lines for the end of tocsin.toml. Skips where there is no broker."""
    with running_broker(folder) as broker, Live(folder, broker.port, settings=settings) as live:
        live.start()
        with Field(broker.port, (*POINTS, "E2-P1"), without_time=0.0) as field:
            world = ConsoleWorld(live, broker, field)
            for point in (*POINTS, "E2-P1"):
                world.send(point, 5.0)
            stop = threading.Event()
            beating = threading.Thread(target=_beat, args=(world, stop), name="field-beat", daemon=True)
            beating.start()
            try:
                world.console.start()
                yield world
            finally:
                stop.set()
                beating.join()
                world.console.kill()


def _beat(world: ConsoleWorld, stop: threading.Event) -> None:
    while not stop.wait(2.0):
        world.send("E1-P8", 5.0)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window. Skips where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("chromium is not installed")
    expect.set_options(timeout=15_000)  # a busy machine is no mistake of the page's
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--autoplay-policy=document-user-activation-required"]
        )
        try:
            yield browser
        finally:
            browser.close()


def ready(page: Page) -> None:
    """Until the page has NiceGUI's connection and the first beat."""
    page.wait_for_function("window.tocsin?.live?.beat && window.socket?.connected")


def axe_script() -> str:
    """axe-core's. Skips where it is not there."""
    path = find_axe()
    if path is None:
        pytest.skip("axe-core is not there: make services")
    return path.read_text("utf-8")


def serious(page: Page, axe: str) -> list[str]:
    """What axe-core finds that is serious or worse; `axe` is its script."""
    page.evaluate(axe)  # not a script of the page: its policy would refuse that
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{v['id']} ({v['impact']}): {json.dumps([n['target'] for n in v['nodes']][:4])} {v['help']}"
        for v in found["violations"]
        if v["impact"] in ("serious", "critical")
    ]
