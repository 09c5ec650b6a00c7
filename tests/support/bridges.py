"""`tocsin bridge` as its users run it, several over one Kafka: a site, settings, processes, and what they wrote."""

import json
import re
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, Self
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from support.kafka import KafkaCluster
from support.live import LIMIT_RULE, TOCSIN, environment
from support.mosquitto import free_port
from support.waiting import eventually

from plant.entries import Entry, Readings
from tocsin.kafka.partition_log import PartitionLog
from tocsin.kafka.topics import Shard, Topics
from tocsin.kafka.versions import Versions
from tocsin.settings.kafka import KafkaSettings

ENTERPRISES = ("E1", "E2", "E3", "E4", "E5", "E6")
VOTE_RULE = """\
  - id: both
    applies_to: {points: [E1-P1, E2-P1, E3-P1, E4-P1]}
    condition: {vote: {n: 2, rule: gas, level: h, per: site}}
    severity: red
"""


class Taken(NamedTuple):
    """One reading as a shard's log holds it."""

    shard: Shard
    point: str
    measured_at_ms: int
    value: float


class Bridged(Protocol):
    """Where bridges have their folders, and the lines of their settings."""

    folder: Path
    site: Path
    lines: list[str]


class BridgeProcess:
    """One `tocsin bridge` with a data folder and a port of its own."""

    def __init__(self, site: Bridged, name: str, settings: str = "") -> None:
        self.folder = site.folder / name
        self.folder.mkdir()
        self.http = f"http://127.0.0.1:{free_port()}"
        self.process: subprocess.Popen[bytes] | None = None
        lines = [
            f'site = "{site.site}"',
            'data = "data"',
            "[http]",
            f'listen = "{self.http.removeprefix("http://")}"',
            *site.lines,
            settings,
        ]
        (self.folder / "tocsin.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def spawn(self) -> Self:
        with (self.folder / "bridge.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(TOCSIN), "bridge", "--config", str(self.folder / "tocsin.toml")],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=environment(),
            )
        return self

    def start(self) -> Self:
        """Start it and wait until it holds a lease, and all its connections are up."""
        self.spawn()
        assert eventually(lambda: self.has_ended or (self.holds() > 0 and self.status("readyz") == 200), 40), self.log
        assert not self.has_ended, self.log
        return self

    def kill(self) -> None:
        """kill -9, if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(20)

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self, within_s: float = 20.0) -> int:
        """SIGTERM; returns the exit code."""
        self.signal(signal.SIGTERM)
        assert self.process is not None
        return self.process.wait(within_s)

    @property
    def has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    @property
    def log(self) -> str:
        return (self.folder / "bridge.log").read_text(encoding="utf-8", errors="replace")

    def get(self, path: str) -> tuple[int, str]:
        """(status, body); (0, "") when nobody answers."""
        try:
            with urlopen(f"{self.http}/{path}", timeout=2) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()
        except (URLError, OSError):
            return 0, ""

    def status(self, path: str) -> int:
        return self.get(path)[0]

    def metric(self, name: str) -> float:
        """Of that name with its labels; -1 where it is not there."""
        found = re.findall(rf"^{re.escape(name)} (\S+)$", self.get("metrics")[1], re.MULTILINE)
        return float(found[0]) if found else -1.0

    def holds(self) -> int:
        """How many leases it holds."""
        return int(self.metric("tocsin_bridge_leases"))


class BridgedSite:
    """A site of six enterprises with three gas detectors each, over one broker and one Kafka."""

    def __init__(
        self,
        folder: Path,
        kafka: KafkaCluster,
        broker_port: int,
        prefix: str,
        *,
        partitions: int = 4,
        session_s: float = 6.0,
        rules: str = LIMIT_RULE + VOTE_RULE,
        mqtt: str = "",
        settings: str = "",
    ) -> None:
        """`mqtt` and `settings` are lines of tocsin.toml: for its [[mqtt]], and for its end."""
        self.folder = folder
        self.site = folder / "site"
        self.kafka: KafkaSettings = kafka.topics(prefix, partitions)
        self.topics = Topics.of(self.kafka)
        self._processes: list[BridgeProcess] = []
        self._read: dict[Shard, list[Entry]] = {shard: [] for shard in self.topics.shards}
        self._logs = {shard: PartitionLog(self.kafka, self.topics.log_of(shard)) for shard in self.topics.shards}
        write_site(self.site, rules)
        self.lines = [
            "[kafka]",
            f'bootstrap = "{kafka.bootstrap}"',
            f'prefix = "{prefix}"',
            f"partitions = {partitions}",
            "replication = 1",
            f"session_s = {session_s}",
            "[[mqtt]]",
            f'url = "mqtt://127.0.0.1:{broker_port}"',
            'name = "broker"',
            mqtt,
            settings,
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
        for log in self._logs.values():
            log.close()

    def bridge(self, name: str, settings: str = "") -> BridgeProcess:
        """Another bridge, not started."""
        made = BridgeProcess(self, name, settings)
        self._processes.append(made)
        return made

    def entries(self, shard: Shard) -> list[Entry]:
        """A shard's log."""
        read = self._read[shard]
        last_ms = read[-1].received_at_ms if read else None
        read += [entry for _, entry in self._logs[shard].read(len(read), last_ms=last_ms)]
        return list(read)

    def readings(self, shards: Sequence[Shard] | None = None) -> list[Taken]:
        """Every reading of the partitions, shard by shard in the order of their logs."""
        with Versions.open(self.kafka) as versions:
            registry = versions.registry
        return [
            Taken(shard, registry.id_of(point), measured_at_ms, value)
            for shard in shards or range(self.topics.partitions)
            for entry in self.entries(shard)
            if isinstance(entry, Readings)
            for point, measured_at_ms, value in zip(
                entry.batch.point.tolist(),
                entry.batch.measured_at_ms.tolist(),
                entry.batch.value.tolist(),
                strict=True,
            )
        ]


def write_site(folder: Path, rules: str, enterprises: Sequence[str] = ENTERPRISES) -> None:
    """Points are known by id: E1-P1 ... E6-P3."""
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    points = [f"{e}-P{n},{e}-U,gas.combustible,%LEL,0,100,1" for e in enterprises for n in (1, 2, 3)]
    files = {
        "site.yaml": ["name: Bridged county", "timezone: Asia/Shanghai", "packs: []"],
        "enterprises.csv": ["enterprise,name,region", *(f"{e},Works {e},north" for e in enterprises)],
        "units.csv": ["unit,enterprise,name,kind", *(f"{e}-U,{e},Hall,workshop" for e in enterprises)],
        "points.csv": ["point,unit,kind,unit_symbol,range_low,range_high,period_s", *points],
    }
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "rules" / "rules.yaml").write_text(f"rules:\n{rules}", encoding="utf-8")


def message(point: str, value: float, measured_at_ms: int | None = None) -> tuple[str, bytes]:
    """(topic, payload) of one reading in the native form."""
    form = {"values": {point: value}} | ({} if measured_at_ms is None else {"ts": measured_at_ms})
    return f"tocsin/v1/{point[:2]}/D{point[-1]}/up", json.dumps(form).encode()
