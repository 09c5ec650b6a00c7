"""`tocsin run` as its users run it: a site folder, a settings file, a process; and what it leaves behind."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest
from support.mosquitto import Mosquitto, free_port, mosquitto_path
from support.waiting import eventually
from support.webhook_receiver import SECRET

from plant.entries import Entry, Readings
from rules.events import AlarmEvent
from tocsin.book import BookReader
from tocsin.log.layout import BOOK, JOURNAL, REGISTRY
from tocsin.log.reader import JournalReader
from tocsin.log.registry_file import load_registry

TOCSIN = Path(sys.executable).with_name("tocsin")
POINTS = tuple(f"E1-P{n}" for n in range(1, 9))
LIMIT_RULE = """\
  - id: gas
    applies_to: {kind: gas.combustible}
    condition: {limit: {h: 25, hh: 50, deadband: 2}}
"""


class Reading(NamedTuple):
    """One reading as the journal holds it."""

    point: str
    measured_at_ms: int
    value: float
    received_at_ms: int


@contextlib.contextmanager
def running_broker(folder: Path) -> Iterator[Mosquitto]:
    """A Mosquitto that runs; the test is skipped where there is none."""
    if mosquitto_path() is None:
        pytest.skip("mosquitto is not installed")
    broker = Mosquitto(folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


class Live:
    """One service: E1 with eight gas detectors, E2 with one. A context manager that leaves no process behind."""

    def __init__(
        self,
        folder: Path,
        broker_port: int,
        *,
        rules: str = LIMIT_RULE,
        period_s: float = 1.0,
        webhook: str | None = None,
        data: Path | None = None,
        mqtt: str = "",
        settings: str = "",
    ) -> None:
        """`mqtt` and `settings` are lines of tocsin.toml: for its [[mqtt]], and for its end."""
        self.folder = folder
        self.site = folder / "site"
        self.data = data or folder / "data"
        self.config = folder / "tocsin.toml"
        self.http = f"http://127.0.0.1:{free_port()}"
        self.process: subprocess.Popen[bytes] | None = None
        write_site(self.site, rules, period_s)
        lines = [
            'site = "site"',
            f'data = "{self.data}"',
            "[[mqtt]]",
            f'url = "mqtt://127.0.0.1:{broker_port}"',
            'name = "broker"',
            mqtt,
            "[http]",
            f'listen = "{self.http.removeprefix("http://")}"',
        ]
        if webhook is not None:
            (folder / "secret").write_text(SECRET, encoding="ascii")
            lines += ["[[webhook]]", f'url = "{webhook}"', 'name = "centre"', 'secret_file = "secret"']
            lines += ["allow_private = true"]
        self.config.write_text("\n".join([*lines, settings]) + "\n", encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()

    def set_rules(self, rules: str) -> None:
        """Write another rules file; it takes effect at the next start."""
        (self.site / "rules" / "rules.yaml").write_text(f"rules:\n{rules}", encoding="utf-8")

    # The process

    def spawn(self, *before: str) -> subprocess.Popen[bytes]:
        """Start it and return at once; `before` is a program that runs it, with its arguments."""
        assert self.process is None or self.process.poll() is not None
        with (self.folder / "service.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*before, str(TOCSIN), "run", "--config", str(self.config)],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=environment(),
            )
        return self.process

    def start(self, *before: str) -> Self:
        """Start it and wait until it is ready."""
        self.spawn(*before)
        self.wait_ready()
        return self

    def wait_ready(self, within_s: float = 30.0) -> None:
        assert eventually(lambda: self.status("readyz") == 200 or self._ended(), within_s), self._told()
        assert not self._ended(), self._told()

    def kill(self) -> None:
        """kill -9, if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(20)

    def stop(self, within_s: float = 10.0) -> int:
        """SIGTERM; returns the exit code. subprocess.TimeoutExpired if it takes longer."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within_s)

    @property
    def log(self) -> str:
        """What it wrote to stdout and stderr, of all runs."""
        return (self.folder / "service.log").read_text(encoding="utf-8", errors="replace")

    # What it answers

    def get(self, path: str) -> tuple[int, str]:
        """(status, body); (0, "") when nobody answers."""
        try:
            with urlopen(f"{self.http}/{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()
        except (URLError, OSError):
            return 0, ""

    def status(self, path: str) -> int:
        return self.get(path)[0]

    def metrics(self) -> dict[str, float]:
        """By name with labels, as they stand on the page."""
        found = re.findall(r"^([a-z_]+(?:\{[^}]*\})?) (\S+)$", self.get("metrics")[1], re.MULTILINE)
        return {name: float(value) for name, value in found}

    def tocsin(self, *arguments: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Another `tocsin` command, run to its end."""
        return subprocess.run(
            [str(TOCSIN), *arguments],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            cwd=self.folder,
            env=environment(),
            check=False,
        )

    # What it leaves behind

    def entries(self) -> list[Entry]:
        """The journal, also while the service runs; [] before there is one."""
        if not (self.data / JOURNAL).exists():
            return []
        return [entry for _, entry in JournalReader.open(self.data / JOURNAL).read(0)]

    def readings(self) -> Iterator[Reading]:
        """Every reading of the journal, in its order."""
        registry = load_registry(self.data / REGISTRY)
        for entry in self.entries():
            if isinstance(entry, Readings):
                batch = entry.batch
                columns = (batch.point.tolist(), batch.measured_at_ms.tolist(), batch.value.tolist())
                for point, measured_at_ms, value in zip(*columns, strict=True):
                    yield Reading(registry.id_of(point), measured_at_ms, value, entry.received_at_ms)

    def booked(self) -> list[tuple[str, AlarmEvent]]:
        """(event id, event) of the alarm book, in its order; [] before there is one."""
        if not (self.data / BOOK).exists():
            return []
        reader = BookReader.open_for_reading(self.data / BOOK)
        try:
            booked = reader.events(limit=10_000_000)
            return [(f"{b.numbered.event.alarm}.{b.numbered.n}", b.numbered.event) for b in booked]
        finally:
            reader.close()

    def names(self) -> list[tuple[str, str, str]]:
        """(event, rule, subject) of the alarm book, in its order."""
        return [(event.event, event.rule, event.subject) for _, event in self.booked()]

    def wait_delivered(self, accepted: Callable[[], Iterable[str]], within_s: float = 60.0) -> None:
        """Until the alarm of `Field.last_of_all` is booked and a receiver has accepted every event."""
        last = ("raised", "E2-P1")
        assert eventually(lambda: any((e.event, e.subject) == last for _, e in self.booked()), within_s), self._told()
        booked = {event_id for event_id, _ in self.booked()}
        assert eventually(lambda: booked <= set(accepted()), within_s), self._told()

    def replayed(self) -> list[dict[str, Any]]:
        """What `tocsin replay --journal` prints."""
        done = self.tocsin("replay", "--journal", str(self.data), "--out", str(self.folder / "replayed.jsonl"))
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in (self.folder / "replayed.jsonl").read_text("utf-8").splitlines()]

    def _ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def _told(self) -> str:
        code = self.process.poll() if self.process is not None else None
        return f"exit code {code}, ready: {self.get('readyz')}, log:\n{self.log[-4000:]}"


def write_site(folder: Path, rules: str, period_s: float) -> None:
    """The site of `Live`. Points are known by id; `E1-P1` and `E2-P1` are those of support.hostile."""
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    points = [f"{point},E1-U,gas.combustible,%LEL,0,100,{period_s:g}" for point in POINTS]
    points.append(f"E2-P1,E2-U,gas.combustible,%LEL,0,100,{period_s:g}")
    files = {
        "site.yaml": ["name: Live county", "timezone: Asia/Shanghai", "packs: []"],
        "enterprises.csv": ["enterprise,name,region", "E1,Works 1,north", "E2,Works 2,north"],
        "units.csv": ["unit,enterprise,name,kind", "E1-U,E1,Hall,workshop", "E2-U,E2,Hall,workshop"],
        "points.csv": ["point,unit,kind,unit_symbol,range_low,range_high,period_s", *points],
    }
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "rules" / "rules.yaml").write_text(f"rules:\n{rules}", encoding="utf-8")


def environment() -> dict[str, str]:
    """Ours without TOCSIN_..., which would be settings of the service."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    return {**kept, "NO_COLOR": "1", "TERM": "dumb"}
