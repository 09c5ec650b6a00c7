"""The demo opens the console, lets its visitor in, and takes it along when it ends, however it ends."""

import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.waiting import eventually

pytest.importorskip("iotcore", reason="iotcore, the demo's broker, is not installed")
pytest.importorskip("nicegui", reason="nicegui, the console's pages, is not installed")


class Demo:
    """`tocsin demo` as a visitor starts it."""

    def __init__(self, folder: Path, *before: str) -> None:
        self.folder = folder
        command = before or (str(Path(sys.executable).with_name("tocsin")),)
        self.process = subprocess.Popen(
            [*command, "demo", "--port", "0", "--speed", "4", "--folder", str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def shown(self) -> str:
        return "".join(self.lines)

    def shows(self, text: str) -> bool:
        return eventually(lambda: text in self.shown or self.process.poll() is not None, 120) and text in self.shown

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(iter(self.process.stdout.readline, ""))

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        code = self.process.wait(30)
        self._reader.join(10)
        return code


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    found = Demo(tmp_path / "demo")
    yield found
    if found.process.poll() is None:
        found.end(signal.SIGTERM)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_visitor_gets_in_and_a_killed_demo_leaves_no_console_behind(demo: Demo) -> None:
    assert demo.shows("  3. "), demo.shown
    (address,) = re.findall(r"console 控制台: (http://127\.0\.0\.1:\d+)", demo.shown)
    (link,) = re.findall(r"sign in, once: (\S+)", demo.shown)
    assert link.startswith(address)
    with httpx.Client(base_url=address, follow_redirects=True, timeout=20) as visitor:
        assert visitor.get("/login").status_code == 200
        page = visitor.get(link)
        assert page.status_code == 200
        assert "demo" in page.text
    messages = demo.folder / "messages.jsonl"
    assert eventually(messages.exists), "somebody is told"
    assert " red " in demo.shown
    port = httpx.URL(address).port
    assert port is not None
    demo.end(signal.SIGKILL)
    assert eventually(lambda: not listens(port)), "the console ends with the demo"


def test_without_its_parts_there_is_no_console_and_the_demo_goes_on(tmp_path: Path) -> None:
    without = "import sys; sys.modules['argon2'] = None; from tocsin.cli import main; main()"
    demo = Demo(tmp_path / "demo", sys.executable, "-c", without)
    try:
        assert demo.shows("no console: the console needs argon2: pip install 'tocsin[console]'"), demo.shown
        assert demo.shows(" raised "), demo.shown
        assert demo.end(signal.SIGTERM) == 0
    finally:
        demo.process.kill()
