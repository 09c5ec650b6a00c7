"""`tocsin follow` as processes over a real Kafka and InfluxDB, and what an embedded run writes of the same entries."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

from support.influx import ORG, TOKEN, InfluxServer
from support.live import environment
from support.mosquitto import free_port
from support.waiting import eventually

from plant.entries import Entry
from plant.registry import PointRegistry
from tocsin.clock import SystemClock
from tocsin.configuration import Configured
from tocsin.kafka.client import producer
from tocsin.kafka.deal import under
from tocsin.kafka.division import Division
from tocsin.kafka.load import load
from tocsin.kafka.versions import put_version
from tocsin.settings.kafka import KafkaSettings

TOCSIN = Path(sys.executable).with_name("tocsin")


class ClusterLog:
    """A configuration and entries in Kafka, as `tocsin scale load` and bridges write them."""

    def __init__(self, kafka: KafkaSettings, configured: Configured) -> None:
        self.kafka = kafka
        self.configured = configured
        put_version(kafka, configured, kind="site", who="test", why="", at_ms=1, instead_of=0)
        self.registry = PointRegistry(configured.site.points)
        self.division = Division(configured.site, configured.rules, self.registry, kafka.partitions)
        self._producer = producer(kafka)
        self._began = False

    def write(self, entries: Iterable[Entry]) -> None:
        """Each shard's part; returns when Kafka has it. The first call puts the configuration in front."""
        given = entries if self._began else under(entries, self.configured, 1)
        self._began = True
        load(given, self.division, self._producer, self.kafka)


class FollowProcess:
    """One `tocsin follow`. A context manager that leaves no process behind."""

    def __init__(self, folder: Path, kafka: KafkaSettings, server: InfluxServer, bucket: str, data: Path) -> None:
        """`data` holds the alarm book."""
        folder.mkdir(parents=True)
        (folder / "token").write_text(TOKEN)
        self.http = f"127.0.0.1:{free_port()}"
        self._folder = folder
        lines = [
            'site = "site"',
            f'data = "{data}"',
            f'[http]\nlisten = "{self.http}"',
            f'[influx]\nurl = "{server.url}"\norg = "{ORG}"\nbucket = "{bucket}"\ntoken_file = "token"\nraw_days = 0',
            "interval_s = 0.05\nbackoff_min_s = 0.05\nbackoff_max_s = 0.5\nstatus_s = 1",
            f'[kafka]\nbootstrap = "{kafka.bootstrap[0]}"\nprefix = "{kafka.prefix}"',
            f"partitions = {kafka.partitions}\nreplication = 1",
        ]
        self.config = folder / "tocsin.toml"
        self.config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "FollowProcess":
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(TOCSIN), "follow", "--config", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env=environment(),
            )
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """Pull its plug."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(10)

    def stop(self) -> int:
        """Ask it to end; the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30)

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")

    def ready(self) -> bool:
        """Whether the group has given it its part."""
        with suppress(OSError), urlopen(f"http://{self.http}/readyz", timeout=5) as answer:
            return bool(json.load(answer)["ready"])
        return False

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels; -1 where there is none."""
        with suppress(OSError), urlopen(f"http://{self.http}/metrics", timeout=5) as answer:
            rows = [row for row in answer.read().decode().splitlines() if row.startswith((f"{name} ", f"{name}{{"))]
            return sum(float(row.rpartition(" ")[2]) for row in rows) if rows else -1.0
        return -1.0


def rows_of(server: InfluxServer, bucket: str, measurements: Sequence[str]) -> list[tuple[tuple[str, str], ...]]:
    """Every row of these measurements, in one order. Sums are not told apart by the order of adding."""
    found = [row for name in measurements for row in server.query(f"SELECT * FROM {name}", bucket)]
    return sorted(tuple(sorted((k, _shown(v)) for k, v in row.items() if v is not None)) for row in found)


def _shown(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else repr(value)


def within(holds: Callable[[], bool], seconds: float) -> float:
    """How many seconds it took until the condition came true; fails after `seconds`."""
    clock = SystemClock()
    begun_s = clock.monotonic_s()
    assert eventually(holds, seconds)
    return clock.monotonic_s() - begun_s
