"""`tocsin worker` as its users run it, over a real Kafka; and what all readers of committed records see of it."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import numpy as np
from confluent_kafka import KafkaError, TopicPartition
from support.mosquitto import free_port
from support.site_builder import build_site
from support.waiting import eventually

from plant.batch import Batch
from plant.entries import Entry, Readings
from plant.registry import PointRegistry
from rules.engine import Engine, make_plan
from rules.events import AlarmEvent
from tocsin.clock import SystemClock
from tocsin.configuration import Configured, read_configuration
from tocsin.kafka.client import producer, reader
from tocsin.kafka.deal import Loaded, deal, under
from tocsin.kafka.division import Division
from tocsin.kafka.load import load
from tocsin.kafka.records import encode
from tocsin.kafka.steps import Steps, decode_steps
from tocsin.kafka.topics import Shard, Topics
from tocsin.kafka.versions import put_version
from tocsin.settings.kafka import KafkaSettings

TOCSIN = Path(sys.executable).with_name("tocsin")

Key = tuple[object, ...]


T0 = 1_732_190_400_000
RULES = """\
rules:
  - {id: gas, applies_to: {kind: gas.combustible}, condition: {limit: {h: 25, hh: 50, deadband: 2}}, on_delay_s: 3,
     off_delay_s: 2}
  - {id: mean, applies_to: {kind: gas.oxygen}, condition: {window: {stat: mean, over_s: 12, h: 21, partial: true}},
     severity: orange}
  - {id: silent, applies_to: {kind: "*"}, condition: {stale: {after_s: 4}}, severity: blue}
  - {id: both, applies_to: {points: [E0001-P000000, E0008-P000007, E0015-P000014, E0002-P000021]}, severity: red,
     condition: {vote: {n: 2, rule: gas, level: h, per: site}}, on_delay_s: 1}
"""


def build_divided_site(folder: Path, points: int = 1_400) -> Path:
    """Twenty enterprises with delays, windows, silence, and a vote among four enterprises of several partitions."""
    site = build_site(folder, points, enterprises=20, rules={"rules.yaml": RULES})
    assert read_configuration(site).rules
    return site


def seconds(count: int, points: int = 1_400, seed: int = 1) -> list[Readings]:
    """A batch a second of values that wander around the limits of RULES; some points fall silent for a while."""
    random = np.random.default_rng(seed)
    number = np.arange(points, dtype=np.uint32)
    value = random.uniform(10, 30, points)
    entries = []
    for k in range(count):
        value = np.clip(value + random.normal(0, 2, points), 0, 60)
        heard = (number + k // 8) % 5 > 0
        at = np.full(int(heard.sum()), T0 + 1000 * k - 30)
        batch = Batch(number[heard], at, value[heard], np.zeros(len(at), dtype=np.uint8))
        entries.append(Readings(T0 + 1000 * k, batch, "m"))
    return entries


class Worker:
    """One process. It writes what it says to NAME.log in its folder."""

    def __init__(self, folder: Path, name: str, kafka: KafkaSettings, site: Path, clock_off_ms: int = 0) -> None:
        """`clock_off_ms`: its machine's clock is wrong by so much."""
        folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.log = folder / f"{name}.log"
        self.config = folder / f"{name}.toml"
        self._http = f"127.0.0.1:{free_port()}"
        given = kafka.model_dump(mode="json", exclude_none=True)
        lines = [f'site = "{site}"', f'data = "{folder / name}"', "[http]", f'listen = "{self._http}"', "[kafka]"]
        self.config.write_text("\n".join([*lines, *(f"{k} = {json.dumps(v)}" for k, v in given.items())]) + "\n")
        command = [str(TOCSIN)]
        if clock_off_ms:
            command = [sys.executable, "-P", str(Path(__file__).with_name("wrong_clock.py")), str(clock_off_ms)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "worker", "--config", str(self.config)], stdout=log, stderr=log, env=dict(os.environ)
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def is_ready(self) -> bool:
        """Whether all shards that it was given are restored."""
        return self._get("/readyz")[0] == 200

    def metrics(self) -> Mapping[str, float]:
        """NAME or NAME{labels} -> value; empty while it does not answer."""
        status, text = self._get("/metrics")
        lines = text.splitlines() if status == 200 else []
        found = (re.fullmatch(r"([^ #]+(?:\{.*\})?) ([^ ]+)", line) for line in lines)
        return {match[1]: float(match[2]) for match in found if match is not None}

    @property
    def shards(self) -> int:
        """How many it holds."""
        return int(self.metrics().get("tocsin_worker_shards", 0))

    def kill(self) -> None:
        """Pull the plug."""
        self.process.kill()
        self.process.wait(10)

    def pause(self) -> None:
        """Let it hang, as a machine does that is out of memory."""
        self.process.send_signal(signal.SIGSTOP)

    def proceed(self) -> None:
        """End the pause."""
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """End it as its supervisor does; returns the exit code."""
        self.process.terminate()
        return self.process.wait(30)

    def _get(self, path: str) -> tuple[int, str]:
        try:
            with urlopen(f"http://{self._http}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()
        except (URLError, OSError):
            return 0, ""


class Workers:
    """Workers of one site over one Kafka. A context manager that leaves no process behind."""

    def __init__(self, folder: Path, kafka: KafkaSettings, site: Path, configured: Configured) -> None:
        """The topics must be there, and the first version of the configuration must not."""
        self.folder, self.kafka, self.site, self.configured = folder, kafka, site, configured
        self.topics = Topics.of(kafka)
        self.running: list[Worker] = []
        self._count = 0
        put_version(kafka, configured, kind="site", who="test", why="", at_ms=0, instead_of=0)
        self.registry = PointRegistry(configured.site.points)
        self.division = Division(configured.site, configured.rules, self.registry, kafka.partitions)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for worker in self.running:
            worker.proceed()
            worker.kill()
        if error is not None:
            for worker in self.running:
                sys.stdout.write(f"--- {worker.name}\n{worker.log.read_text()[-4000:]}\n")

    def start(self, count: int = 1, *, clock_off_ms: int = 0) -> list[Worker]:
        """Start so many more, and return at once."""
        started = []
        for _ in range(count):
            self._count += 1
            started.append(Worker(self.folder, f"worker-{self._count}", self.kafka, self.site, clock_off_ms))
        self.running += started
        return started

    def kill(self, worker: Worker) -> None:
        self.running.remove(worker)
        worker.kill()

    def stop(self, worker: Worker) -> int:
        self.running.remove(worker)
        return worker.stop()

    def hold_all(self, within_s: float = 40.0) -> bool:
        """Whether soon every shard is held by one of them, and each of them has caught up and some to do."""

        def holding() -> bool:
            held = [worker.shards for worker in self.running]
            ready = all(worker.is_ready for worker in self.running)
            return sum(held) == len(self.topics.shards) and min(held) > 0 and ready

        return eventually(holding, within_s, every_s=0.2)

    def dealt(self, entries: Iterable[Entry]) -> list[tuple[Shard, Entry]]:
        """Of one log, what bridges would write."""
        return list(deal(under(entries, self.configured, 1), self.division, Loaded()))

    def load(self, entries: Iterable[Entry]) -> None:
        """What bridges would have written of one log."""
        load(under(entries, self.configured, 1), self.division, producer(self.kafka), self.kafka)

    def write(self, entries: Sequence[tuple[Shard, Entry | bytes]]) -> None:
        """Entries of shards, or records that are none, as they are."""
        writer = producer(self.kafka)
        for shard, entry in entries:
            topic, partition = self.topics.log_of(shard)
            if isinstance(entry, bytes):
                writer.produce(topic, entry, partition=partition)
            else:
                writer.produce(topic, encode(entry), partition=partition, timestamp=entry.received_at_ms)
        assert writer.flush(30) == 0

    def decided_all(self, within_s: float = 60.0) -> bool:
        """Whether soon nothing waits to be decided."""

        def done() -> bool:
            lags = [
                v for w in self.running for k, v in w.metrics().items() if k.startswith("tocsin_worker_lag_entries{")
            ]
            return len(lags) == len(self.topics.shards) and sum(lags) == 0

        return eventually(done, within_s, every_s=0.2)

    def has_told(self, events: int) -> bool:
        """Whether those that run have decided more than so many events."""
        found = (v for w in self.running for k, v in w.metrics().items() if k.startswith("tocsin_events_total{"))
        return sum(found) > events

    def alarms(self) -> list[dict[str, Any]]:
        """Every committed event, in the order of each shard."""
        places = [(self.topics.alarms, shard) for shard in self.topics.shards]
        return [json.loads(value) for place in places for value in committed(self.kafka, *place)]

    def steps(self) -> list[Steps]:
        """Every committed record of the alarm book's log."""
        return [decode_steps(value) for value in committed(self.kafka, self.topics.steps, 0)]


def committed(kafka: KafkaSettings, topic: str, partition: int) -> Iterator[bytes]:
    """The values that a reader of committed records sees by now."""
    return (value for value, _ in committed_records(kafka, topic, partition))


def committed_records(kafka: KafkaSettings, topic: str, partition: int) -> Iterator[tuple[bytes, Mapping[str, bytes]]]:
    """(value, headers)."""
    with contextlib.closing(reader(kafka, more={"auto.offset.reset": "earliest"})) as consumer:
        consumer.assign([TopicPartition(topic, partition, 0)])
        while True:
            for message in consumer.consume(500, timeout=0.05):
                error = message.error()
                if error is None:
                    yield message.value() or b"", dict(message.headers() or [])
                elif error.code() == KafkaError._PARTITION_EOF:
                    return


def keys(events: Iterable[Mapping[str, Any] | AlarmEvent]) -> list[Key]:
    """What must be equal of events, sorted."""
    named = ("alarm", "event", "at", "level", "severity")
    forms = ({name: getattr(e, name) for name in named} if isinstance(e, AlarmEvent) else e for e in events)
    return sorted(tuple(form[name] for name in named) for form in forms)


def embedded(configured: Configured, entries: Sequence[Entry]) -> list[AlarmEvent]:
    """What one engine decides."""
    registry = PointRegistry(configured.site.points)
    engine = Engine(make_plan(configured.site, configured.rules, registry))
    return engine.apply(list(under(entries, configured, 1)))


class Feed:
    """Writes entries of shards' logs at the pace of their times, `speed` times as fast; `end` waits for the last."""

    def __init__(self, kafka: KafkaSettings, entries: Sequence[tuple[Shard, Entry]], speed: float) -> None:
        self._kafka, self._entries, self._speed = kafka, entries, speed
        self._writer = producer(kafka)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self, within_s: float = 60.0) -> None:
        self._thread.join(within_s)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        clock, nap, topics = SystemClock(), threading.Event(), Topics.of(self._kafka)
        begun_s, first_ms = clock.monotonic_s(), self._entries[0][1].received_at_ms
        for shard, entry in self._entries:
            due_s = begun_s + (entry.received_at_ms - first_ms) / 1000 / self._speed
            while (left_s := due_s - clock.monotonic_s()) > 0:
                self._writer.poll(0)
                nap.wait(min(left_s, 0.05))
            topic, partition = topics.log_of(shard)
            self._writer.produce(topic, encode(entry), partition=partition, timestamp=entry.received_at_ms)
        assert self._writer.flush(60) == 0
