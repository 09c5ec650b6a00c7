"""The tutorial's own commands, in its order; where it shows what they print, they print that."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.live import running_broker
from support.mosquitto import Mosquitto, free_port
from support.waiting import eventually

PAGE = (Path(__file__).parents[2] / "docs" / "tutorials" / "first-routes.md").read_text(encoding="utf-8")
FILES = {"csv": "contacts.csv", "toml": "tocsin.toml", "yaml": "routes.yaml"}
TOCSIN = str(Path(sys.executable).with_name("tocsin"))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    if shutil.which("mosquitto_pub") is None:
        pytest.skip("mosquitto_pub is not installed")
    with running_broker(tmp_path / "broker") as running:
        yield running


class Reader:
    """Somebody who types what the page says."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port, self.http, self.alarm = folder, port, free_port(), "ALARM"
        self.service: subprocess.Popen[bytes] | None = None

    def type(self, line: str) -> str:
        """What a line prints, with ALARM for the alarm's id."""
        words = [self.alarm if word == "ALARM" else word for word in shlex.split(line)]
        if words[0] == "cd":
            self.folder /= words[1]
            return ""
        if words[0] == "mosquitto_pub":
            words[1:1] = ["-p", str(self.port)]
        if words[0] == "tocsin":
            words[0] = TOCSIN
        if words[-1] == "&":
            self.start(words[:-1])
            return ""
        ran = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, timeout=60, check=False)
        assert ran.returncode == 0, (line, ran.stderr)
        return ran.stdout.replace(self.alarm, "ALARM")

    def start(self, words: list[str]) -> None:
        environment = {**os.environ, "TOCSIN_HTTP__LISTEN": f"127.0.0.1:{self.http}"}
        log = (self.folder / "run.log").open("wb")
        self.service = subprocess.Popen(words, cwd=self.folder, env=environment, stdout=log, stderr=log)
        assert eventually(self.ready, 60), (self.folder / "run.log").read_text()

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def note_the_alarm(self) -> bool:
        """Remember the id of the spark's alarm, once there is one and somebody was told of it."""
        rows = [line for line in self.type("tocsin alarms").splitlines() if "dust-spark" in line]
        told = self.folder / "notices.jsonl"
        if not rows or not told.exists() or '"contact":"zhou"' not in told.read_text("utf-8"):
            return False
        self.alarm = rows[0].split("│")[1].strip()
        return True


def test_the_tutorial(tmp_path: Path, broker: Mosquitto) -> None:
    reader, printed = Reader(tmp_path, broker.port), ""
    try:
        for language, block in re.findall(r"```(\w+)\n(.*?)```", PAGE, re.S):
            if language in FILES:
                (reader.folder / FILES[language]).write_text(block.replace("1883", str(broker.port)), "utf-8")
            elif language == "text":
                assert printed == block
            else:
                printed = "".join(reader.type(line) for line in block.splitlines())
                if "mosquitto_pub" in block:
                    assert eventually(reader.note_the_alarm, 60)
                if "notices show" in block:
                    assert "zhou" in printed
                    assert "delivered" in printed
        assert "hold" in printed, "the audit trail verifies"
    finally:
        if reader.service is not None:
            reader.service.kill()
            reader.service.wait(20)
