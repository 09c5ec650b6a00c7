"""The district that is pictured: its past from the demo's scenario, then broker, devices, service and console."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import httpx

from alerts.machine import ACTIVE
from plant.site import Site
from simulators import BrokerSettings, Publisher, load_scenario
from simulators.scenario import Scenario
from tocsin.accounts.accounts import COMMAND_LINE, Accounts
from tocsin.accounts.roles import Role
from tocsin.book import BookReader
from tocsin.clock import SystemClock
from tocsin.configuration import Configured, read_configuration
from tocsin.demo.show import start_broker
from tocsin.log.layout import ACCOUNTS, BOOK
from tocsin.settings import Settings, read_settings
from tools.boards_preview.fill import decide_the_past, write_site

Language = Literal["zh", "en"]
USER: Final = "li.na"
_STANDING: Final = 6
"""So many incidents of the scenario raise an alarm that stands."""
_START_S: Final = 90.0
_SETTINGS: Final = """\
site = "county"
data = "data"
log_level = "WARNING"

[[mqtt]]
url = "mqtt://127.0.0.1:{broker}"
name = "gateway"
protocol = "3.1.1"

[http]
listen = "127.0.0.1:{http}"

[[channel]]
kind = "file"
name = "sms"
path = "messages.jsonl"

[console]
listen = "127.0.0.1:{console}"
"""


@dataclass(frozen=True, slots=True)
class District:
    """It runs. `broker` is the port of its broker."""

    url: str
    settings: Settings
    configured: Configured
    broker: int

    def sign_in(self, language: Language) -> str:
        """What the cookie of a session holds: an administrator's, who reads this language."""
        accounts = Accounts.open(self.settings.data / ACCOUNTS, SystemClock())
        try:
            accounts.users.change_language(USER, language)
            return accounts.sessions.begin(USER)
        finally:
            accounts.close()


@contextmanager
def running_district(folder: Path, *, past_s: int, seed: int = 1) -> Iterator[District]:
    """Everything runs within, in an empty folder. RuntimeError where a part does not come up."""
    write_site(folder / "county")
    configured = read_configuration(folder / "county")
    broker, broker_port = start_broker()
    http, console = _free_port(), _free_port()
    config = folder / "tocsin.toml"
    config.write_text(_SETTINGS.format(broker=broker_port, http=http, console=console), encoding="utf-8")
    settings = read_settings(config, {})
    _add_people(settings)
    stop = threading.Event()
    devices = _devices(configured.site, broker_port, stop)
    processes: list[subprocess.Popen[bytes]] = []
    try:
        began_ms = _now_ms()
        decide_the_past(settings.data, configured, began_ms, past_s, seed)
        devices.start()
        for name, url in (
            ("run", f"http://127.0.0.1:{http}/readyz"),
            ("console", f"http://127.0.0.1:{console}/healthz"),
        ):
            processes.append(_started(name, config))
            _wait_for(url, processes[-1], folder / f"{name}.log")
        district = District(f"http://127.0.0.1:{console}", settings, configured, broker_port)
        _wait_for_alarms(district, began_ms)
        yield district
    finally:
        stop.set()
        for process in reversed(processes):
            process.terminate()
            process.wait(20)
        devices.join(5.0)
        broker.stop()


def _add_people(settings: Settings) -> None:
    settings.data.mkdir(parents=True)
    accounts = Accounts.open(settings.data / ACCOUNTS, SystemClock())
    try:
        accounts.users.add(COMMAND_LINE, USER, Role.ADMINISTRATOR, display_name="李娜 Li Na", contact="C00")
    finally:
        accounts.close()


def _devices(site: Site, port: int, stop: threading.Event) -> threading.Thread:
    publisher = Publisher(site, _standing(site), BrokerSettings("127.0.0.1", port, client_id="county"), _now_ms)
    return threading.Thread(target=publisher.run, args=(stop,), name="county", daemon=True)


def _standing(site: Site) -> Scenario:
    """The demo's incidents, each once, and without an end: every picture has the same alarms."""
    scenario = load_scenario("county-demo", site)
    lasting = {"for_s": scenario.duration_s, "every_s": None}
    return scenario.model_copy(update={"incidents": tuple(i.model_copy(update=lasting) for i in scenario.incidents)})


def _started(name: str, config: Path) -> "subprocess.Popen[bytes]":
    command = [str(Path(sys.executable).with_name("tocsin")), name, "--config", str(config)]
    own = {key: value for key, value in os.environ.items() if not key.startswith("TOCSIN_")}
    with (config.parent / f"{name}.log").open("wb") as log:
        return subprocess.Popen(command, cwd=config.parent, stdout=log, stderr=log, env=own)


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline_s = time.monotonic() + _START_S
    while time.monotonic() < deadline_s and process.poll() is None:
        try:
            if httpx.get(url, timeout=2, trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"it does not come up:\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")


def _wait_for_alarms(district: District, since_ms: int) -> None:
    """Until the incidents of now have raised theirs."""
    deadline_s = time.monotonic() + _START_S
    while time.monotonic() < deadline_s:
        reader = BookReader.open_for_reading(district.settings.data / BOOK)
        active = [a for a in reader.alarms() if a.state in ACTIVE and a.raised_at >= since_ms]
        reader.close()
        if len(active) >= _STANDING:
            return
        time.sleep(0.2)
    raise RuntimeError("the incidents raise no alarms")


def _now_ms() -> int:
    return SystemClock().now_ms()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
