"""The tutorial's own commands, in its order. What its reader does in the browser is done by the command line here."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import httpx
import pytest
from support.command import tocsin
from support.live import environment, running_broker
from support.mosquitto import Mosquitto, free_port
from support.waiting import eventually

from alerts.wording.figures import local_time
from tocsin.clock import SystemClock

PAGE = (Path(__file__).parents[2] / "docs" / "tutorials" / "first-hour.md").read_text(encoding="utf-8")
FILES = {"csv": "contacts.csv", "toml": "tocsin.toml", "yaml": "routes.yaml"}
TOCSIN = str(Path(sys.executable).with_name("tocsin"))
PASSWORD = "a bell in the night"
IN_THE_BROWSER = {
    "5": ["tocsin ack ALARM --by zhang --comment 'calling them'"],
    "6": [
        "tocsin disposal start ALARM --by li --tier enterprise",
        "tocsin disposal cause ALARM release.leak --text 'gasket replaced' --by li --tier enterprise",
        "tocsin disposal submit ALARM --by li --tier enterprise",
    ],
    "7": [
        "tocsin disposal verify ALARM --by zhang",
        "tocsin disposal close ALARM --by zhang --why 'the hall is ventilated'",
    ],
}
"""By section."""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with running_broker(tmp_path / "broker") as running:
        yield running


class Reader:
    """Somebody who types what the page says, on ports of their own."""

    def __init__(self, folder: Path, broker: int) -> None:
        self.folder, self.alarm = folder, "ALARM"
        self.ports = {"1883": str(broker), "8080": str(free_port())}
        self.http = str(free_port())
        self.running: list[subprocess.Popen[bytes]] = []

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(self._on_my_ports(text), "utf-8")

    def type(self, line: str) -> str:
        """What a line prints, with nothing for one that ends in &."""
        said = {"ALARM": self.alarm, "MONTH": local_time(SystemClock().now_ms(), "Asia/Shanghai")[:7]}
        words = [said.get(word, word) for word in shlex.split(self._on_my_ports(line))]
        if words[0] == "cd":
            self.folder /= words[1]
            return ""
        assert words[0] == "tocsin"
        if words[-1] == "&":
            self._start([TOCSIN, *words[1:-1]])
            return ""
        with chdir(self.folder):
            ran = tocsin(*words[1:])
        assert ran.code == 0, (line, ran.err)
        return ran.out

    def answers(self, address: str) -> bool:
        try:
            return httpx.get(address, timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def sign_in(self, link: str) -> str:
        """Open a one-time link, choose a password, and land on a page; its address."""
        with httpx.Client(timeout=20, trust_env=False, follow_redirects=True) as browser:
            form = browser.get(link).text
            fields = dict(re.findall(r'name="(csrf)" value="([^"]+)"', form))
            if 'name="name"' in form:
                fields |= {"name": "admin", "display_name": "Administrator"}
            landed = browser.post(link, data=fields | {"password": PASSWORD, "repeat": PASSWORD})
            assert landed.status_code == 200, landed.text
            return str(landed.url)

    def note_the_alarm(self) -> bool:
        """Remember the id of the red alarm, once there is one and the safety manager was told of it."""
        rows = [r for r in self.type("tocsin alarms").splitlines() if "gas-combustible" in r and " red " in r]
        told = self.folder / "notices.jsonl"
        if not rows or not told.exists() or '"contact":"li"' not in told.read_text("utf-8"):
            return False
        self.alarm = rows[0].split("│")[1].strip()
        return True

    def stop(self) -> None:
        for process in self.running:
            process.kill()
            process.wait(20)

    def _on_my_ports(self, text: str) -> str:
        for usual, mine in self.ports.items():
            text = text.replace(usual, mine)
        return text

    def _start(self, words: list[str]) -> None:
        name = words[1]
        if name == "simulate":
            words += ["--speed", "10"]
        with (self.folder / f"{name}.log").open("wb") as log:
            mine = {**os.environ, **environment(), "TOCSIN_HTTP__LISTEN": f"127.0.0.1:{self.http}"}
            self.running.append(subprocess.Popen(words, cwd=self.folder, env=mine, stdout=log, stderr=log))
        address = {
            "run": f"http://127.0.0.1:{self.http}/readyz",
            "console": f"http://127.0.0.1:{self.ports['8080']}/healthz",
        }
        if name in address:
            assert eventually(lambda: self.answers(address[name]), 60), (self.folder / f"{name}.log").read_text()


def test_the_tutorial(tmp_path: Path, broker: Mosquitto) -> None:
    pytest.importorskip("nicegui", reason="the console's parts are not installed")
    reader = Reader(tmp_path, broker.port)
    printed: dict[str, str] = {}
    try:
        for section in re.split(r"^## ", PAGE, flags=re.M)[1:]:
            number = section[0]
            if number == "5":
                assert eventually(reader.note_the_alarm, 60), "the leak becomes a red alarm, and li is told"
            for line in IN_THE_BROWSER.get(number, ()):
                reader.type(line)
            for language, block in re.findall(r"```(\w+)\n(.*?)```", section, re.S):
                if language in FILES:
                    reader.write(FILES[language], block)
                else:
                    for line in block.splitlines():
                        printed[line] = reader.type(line)
            if number == "3":
                said = [(reader.folder / "console.log").read_text("utf-8"), *printed.values()]
                links = re.findall(r"http\S+/set-password/\S+", "\n".join(said))
                pages = [reader.sign_in(link) for link in links]
                assert pages == [f"http://127.0.0.1:{reader.ports['8080']}/"] * 3
    finally:
        reader.stop()
    assert "fine." in printed["tocsin check ."]
    assert "delivered" in printed["tocsin notices show ALARM"]
    assert "release.leak" in printed["tocsin disposal show ALARM"]
    assert "hold" in printed["tocsin audit verify"]
    assert "release.leak" in (reader.folder / "month.html").read_text("utf-8") or "a leak" in (
        reader.folder / "month.html"
    ).read_text("utf-8")
