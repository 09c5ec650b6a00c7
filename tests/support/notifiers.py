"""Notifiers as processes of their own, over a real Kafka; and the topic `steps` written as workers do."""

import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from support.mosquitto import free_port
from support.waiting import eventually
from support.webhook_receiver import SECRET

from plant.entries import Configuration
from rules.events import AlarmEvent
from rules.identity import alarm_id
from tocsin.configuration import read_configuration
from tocsin.database import Place, PostgresAddress
from tocsin.kafka.client import producer
from tocsin.kafka.steps import Step, Steps, encode_steps
from tocsin.kafka.topics import Shard, Topics
from tocsin.kafka.versions import put_version
from tocsin.settings.kafka import KafkaSettings

ROOT = Path(__file__).parents[2]
T0 = 1_790_000_000_000
"""A time in September 2026."""
SITE = {
    "site.yaml": "name: County\ntimezone: Asia/Shanghai\npacks: [gas-combustible]\n",
    "regions.csv": "region,parent,name\ncounty,,County\n",
    "enterprises.csv": "enterprise,name,region\nE1,Works,county\nE2,Mill,county\n",
    "units.csv": "unit,enterprise,name,kind\nE1-T,E1,Tanks,tank_farm\nE2-W,E2,Hall,workshop\n",
    "points.csv": "point,unit,kind,period_s\nE1-G1,E1-T,gas.combustible,1\nE2-G1,E2-W,gas.combustible,1\n",
}


def write_site(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in SITE.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def put_site(settings: KafkaSettings, folder: Path) -> Configuration:
    """The site as version 1, and the entry with which shards switch to it."""
    configured = read_configuration(folder)
    put_version(settings, configured, kind="site", who="test", why="", at_ms=T0, instead_of=0)
    return Configuration(T0, "site", configured.digest, "test", "", 1)


def raised(subject: str, at_ms: int) -> AlarmEvent:
    """A red alarm of a point."""
    return AlarmEvent(
        event="raised",
        alarm=alarm_id("gas", subject, "high", at_ms),
        rule="gas",
        version=1,
        subject=subject,
        side="high",
        enterprise=subject.partition("-")[0],
        level="hh",
        severity="red",
        at=at_ms,
        value=60.0,
        limit=50.0,
        onset=at_ms,
        historical=False,
        exercise=False,
        reason="",
        raised_at=at_ms,
        received_at=at_ms,
    )


class StepsWriter:
    """The workers of all shards in one: each `write` is a transaction."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._topic = Topics.of(settings).steps
        self._producer: Any = producer(settings, transactional_id="test-steps")
        self._producer.init_transactions(30)
        self._offsets: dict[Shard, int] = {}

    def write(self, shard: Shard, clock_ms: int, *steps: Step, offset: int | None = None) -> Steps:
        """One record of a shard; its offset in the shard's log is the next one."""
        return self.write_all([self.record(shard, clock_ms, *steps, offset=offset)])[0]

    def record(self, shard: Shard, clock_ms: int, *steps: Step, offset: int | None = None) -> Steps:
        at = self._offsets.get(shard, 0) if offset is None else offset
        self._offsets[shard] = at + 1
        return Steps(shard, at, clock_ms, steps)

    def write_all(self, records: Sequence[Steps], *, keep: bool = True) -> Sequence[Steps]:
        self.write_raw([encode_steps(record) for record in records], keep=keep)
        return records

    def write_raw(self, values: Iterable[bytes], *, keep: bool = True) -> None:
        """Without `keep` the transaction is given up: nobody may take it."""
        self._producer.begin_transaction()
        for value in values:
            self._producer.produce(self._topic, value, partition=0)
        self._producer.flush(30)
        if keep:
            self._producer.commit_transaction(30)
        else:
            self._producer.abort_transaction(30)


def settings_file(
    folder: Path, kafka: KafkaSettings, book: Place, *, webhook: str | None = None, more: str = "", name: str = "n"
) -> Path:
    """tocsin.toml of a notifier, with a port for its probes and a data folder of its own.

    Unless `more` has a [watch], shards may stand still for as long as they like.
    """
    folder.mkdir(parents=True, exist_ok=True)
    database = ""
    if isinstance(book, PostgresAddress):
        database = f'[database]\nurl = "{book}"\nuser = "{book.user}"\n'
    (folder / "secret").write_text(SECRET)
    hook = ""
    if webhook is not None:
        given = f'name = "centre"\nurl = "{webhook}"\nsecret_file = "{folder / "secret"}"\n'
        hook = f"[[webhook]]\n{given}allow_private = true\n"
    if "[watch]" not in more:
        more += "[watch]\nshard_silent_s = 86400\nshard_undecided_s = 86400\n"
    path = folder / f"{name}.toml"
    path.write_text(
        f'site = "{folder / "site"}"\ndata = "{folder / name}"\n'
        f'[http]\nlisten = "127.0.0.1:{free_port()}"\n'
        f'[kafka]\nbootstrap = "{",".join(kafka.bootstrap)}"\nprefix = "{kafka.prefix}"\n'
        f"partitions = {kafka.partitions}\nreplication = {kafka.replication}\n{database}{hook}{more}"
    )
    return path


class NotifierProcess:
    """`tocsin notifier --config CONFIG`. As a context manager it is killed at the end."""

    def __init__(self, config: Path) -> None:
        self._log = config.with_suffix(".log")
        self.url = f"http://{tomllib.loads(config.read_text())['http']['listen']}"
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [Path(sys.executable).with_name("tocsin"), "notifier", "--config", str(config)],
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")[-6000:]

    def metric(self, name: str) -> float | None:
        """None while it does not answer, or does not know."""
        try:
            lines = httpx.get(f"{self.url}/metrics", timeout=5).text.splitlines()
        except httpx.HTTPError:
            return None
        found = [line.rpartition(" ")[2] for line in lines if line.startswith((f"{name} ", f"{name}{{"))]
        return float(found[0]) if found else None

    def health(self) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.url}/readyz", timeout=5).json()
        return found

    def wait_active(self, within_s: float = 30.0) -> None:
        assert eventually(lambda: self.metric("tocsin_notifier_active") == 1.0, within_s), self.log

    def wait_standby(self, within_s: float = 30.0) -> None:
        assert eventually(lambda: self.metric("tocsin_notifier_active") == 0.0, within_s), self.log

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def pause(self) -> None:
        """Stop it where it stands, in the middle of whatever it does."""
        self.process.send_signal(signal.SIGSTOP)

    def proceed(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """End it as a supervisor does; returns the exit code."""
        self.process.terminate()
        return self.process.wait(30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.proceed()
            self.kill()
