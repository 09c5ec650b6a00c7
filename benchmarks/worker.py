"""`tocsin worker` from a backlog in a real Kafka against the bare engine on the same batches; two workers; a takeover.

Run: python -m benchmarks.worker [--quick]
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np

from benchmarks.broker import free_port
from benchmarks.engine_speed import Values
from benchmarks.figure import Figure, emit, is_quick, say
from benchmarks.kafka import MISSING, Broker, kafka
from benchmarks.service import Service
from benchmarks.throughput import folder
from plant.batch import Batch
from plant.entries import Configuration, Entry, Readings
from plant.registry import PointRegistry
from rules.engine import Engine, make_plan
from tocsin.configuration import Configured, read_configuration
from tocsin.kafka.client import producer, reader
from tocsin.kafka.division import Division
from tocsin.kafka.records import decode, encode
from tocsin.kafka.topics import Topics
from tocsin.kafka.versions import put_version
from tocsin.runtime.fold import in_groups
from tocsin.settings.kafka import KafkaSettings
from tools.services.kafka import find

GOAL: Final = 1_500_000
GOAL_TWO: Final = 1.8
GOAL_TAKEOVER_S: Final = 10.0
PARTITIONS: Final = 4
POINTS: Final = 40_000
START_MS: Final = 1_732_190_400_000
RULES: Final = """\
rules:
  - {id: gas, applies_to: {kind: gas.combustible}, condition: {limit: {h: 25, hh: 50, deadband: 2}}}
  - {id: silent, applies_to: {kind: gas.combustible}, condition: {stale: {after_s: 600}}, severity: blue}
"""
_TIMEOUT_S: Final = 120.0
_IDLE_S: Final = 4.0
_UNREAD_S: Final = 0.5
"""What the dead worker had written may be read so much later."""


def write_site(here: Path) -> Path:
    """One rule for limits and one for silence, 100 points an enterprise."""
    (here / "rules").mkdir(parents=True)
    (here / "site.yaml").write_text("name: bench\ntimezone: Asia/Shanghai\npacks: []\n")
    enterprises = [f"E{n:04d}" for n in range(POINTS // 100)]
    _write(here / "enterprises.csv", "enterprise,name,region", [f"{e},{e},north" for e in enterprises])
    _write(here / "units.csv", "unit,enterprise,name,kind", [f"{e}-U,{e},hall,workshop" for e in enterprises])
    points = [f"P{n:06d},E{n // 100:04d}-U,gas.combustible,%LEL,0,100,1" for n in range(POINTS)]
    _write(here / "points.csv", "point,unit,kind,unit_symbol,range_low,range_high,period_s", points)
    (here / "rules" / "rules.yaml").write_text(RULES)
    return here


def _write(path: Path, head: str, rows: list[str]) -> None:
    path.write_text("\n".join([head, *rows]) + "\n")


def backlog(division: Division, configured: Configured, size: int, total: int) -> list[list[Entry]]:
    """Records of `size` readings for each partition, `total` readings in all; every point once a second."""
    values = Values(POINTS)
    every = np.arange(POINTS)
    own = [every[division.shard_of_point == shard].astype(np.uint32) for shard in range(PARTITIONS)]
    first = Configuration(START_MS - 1, "site", configured.digest, version=1)
    logs: list[list[Entry]] = [[first] for _ in range(PARTITIONS + 1)]
    done, second = 0, 0
    while done < total:
        value = values.of(every)
        for shard, number in enumerate(own):
            pieces = np.array_split(number, max(1, round(len(number) / size)))
            for i, piece in enumerate(pieces):
                at_ms = START_MS + second * 1000 + i * 900 // len(pieces)
                measured = np.full(len(piece), START_MS + second * 1000 - 50)
                batch = Batch(piece, measured, value[piece], np.zeros(len(piece), dtype=np.uint8))
                logs[shard].append(Readings(at_ms, batch, "mqtt"))
                done += len(piece)
        second += 1
    return logs


def bare_engine(configured: Configured, logs: list[list[Entry]]) -> float:
    """CPU seconds a million readings of decoding and deciding the same records, one engine for each log."""
    registry = PointRegistry(configured.site.points)
    spent_s, taken = 0.0, 0
    for log in logs[:PARTITIONS]:
        engine = Engine(make_plan(configured.site, configured.rules, registry))
        values = [encode(entry) for entry in log]
        begun_s = time.process_time()
        for group in in_groups(enumerate(map(decode, values))):
            engine.apply([entry for _, entry in group])
        spent_s += time.process_time() - begun_s
        taken += sum(len(entry.batch) for entry in log if isinstance(entry, Readings))
    return spent_s * 1e6 / taken


@contextmanager
def started(here: Path, site: Path, settings: KafkaSettings) -> Iterator[Service]:
    """A worker process that has just been started; killed in the end."""
    here.mkdir(parents=True)
    port = free_port()
    (here / "tocsin.toml").write_text(
        f'site = "{site}"\ndata = "{here / "data"}"\n[http]\nlisten = "127.0.0.1:{port}"\n'
        f'[kafka]\nbootstrap = "{settings.bootstrap[0]}"\nprefix = "{settings.prefix}"\n'
        f"partitions = {PARTITIONS}\nreplication = 1\n"
    )
    program = str(Path(sys.executable).with_name("tocsin"))
    with (here / "tocsin.log").open("wb") as log:
        process = subprocess.Popen([program, "worker", "--config", str(here / "tocsin.toml")], stdout=log, stderr=log)
    try:
        yield Service(process, here, port)
    finally:
        process.kill()
        process.wait(20)


def write(settings: KafkaSettings, logs: list[list[Entry]]) -> None:
    """The logs into their topics, as fast as Kafka takes them: all shards at the same time."""
    writer = producer(settings, more={"queue.buffering.max.kbytes": 1 << 20})
    places = [Topics.of(settings).log_of(shard) for shard in range(PARTITIONS + 1)]
    records = [
        (place, entry.received_at_ms, encode(entry)) for place, log in zip(places, logs, strict=True) for entry in log
    ]
    records.sort(key=lambda record: record[1])
    for (topic, partition), at_ms, value in records:
        writer.produce(topic, value, partition=partition, timestamp=at_ms)
    writer.flush(120)


def prepared(broker: Broker, prefix: str, configured: Configured) -> KafkaSettings:
    settings = broker.topics(prefix, PARTITIONS, retention_days=36_500)
    put_version(settings, configured, kind="site", who="bench", why="", at_ms=0, instead_of=0)
    return settings


def from_backlog(here: Path, site: Path, settings: KafkaSettings, total: int) -> tuple[float, float]:
    """(readings/s, CPU seconds a million readings) of one worker that finds a backlog; its start is not counted."""
    with started(here, site, settings) as service:
        begun: tuple[float, float, float] | None = None
        deadline_s = time.monotonic() + _TIMEOUT_S
        while True:
            with suppress(OSError):
                done, now_s = service.metric("tocsin_readings_total"), time.monotonic()
                if begun is None and done > 0:
                    begun = done, now_s, service.cpu_s()
                if begun is not None and done >= total:
                    readings = done - begun[0]
                    return readings / (now_s - begun[1]), (service.cpu_s() - begun[2]) * 1e6 / readings
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"not all of {total:,} readings decided")
            time.sleep(0.02)


def shared(here: Path, site: Path, settings: KafkaSettings, logs: list[list[Entry]], count: int) -> float:
    """CPU seconds a million readings of so many workers that share the shards, beyond what they take when idle."""
    total = sum(len(entry.batch) for log in logs for entry in log if isinstance(entry, Readings))
    with ExitStack() as stack:
        services = [stack.enter_context(started(here / str(i), site, settings)) for i in range(count)]
        until_shared(services)

        def spent() -> tuple[float, float]:
            return sum(service.cpu_s() for service in services), time.monotonic()

        cpu_s, at_s = spent()
        time.sleep(_IDLE_S)
        idle = (spent()[0] - cpu_s) / (spent()[1] - at_s)
        cpu_s, at_s = spent()
        write(settings, logs)
        while sum(service.metric("tocsin_readings_total") for service in services) < total:
            if time.monotonic() > at_s + _TIMEOUT_S:
                raise TimeoutError(f"not all of {total:,} readings decided")
            time.sleep(0.2)
        ended_cpu_s, ended_s = spent()
        return (ended_cpu_s - cpu_s - idle * (ended_s - at_s)) * 1e6 / total


def takeover_s(here: Path, site: Path, settings: KafkaSettings, division: Division) -> float:
    """From kill -9 of one of two workers until the last of its shards has told an event again."""
    ended = threading.Event()
    seen: dict[int, list[float]] = {}
    with ExitStack() as stack:
        services = [stack.enter_context(started(here / str(i), site, settings)) for i in range(2)]
        until_shared(services)
        threads = [
            threading.Thread(target=run, args=(settings, ended, *more))
            for run, more in ((_alternate, (division,)), (_listen, (seen,)))
        ]
        for thread in threads:
            thread.start()
        time.sleep(8)
        killed_s = time.monotonic()
        os.kill(services[0].pid, signal.SIGKILL)
        time.sleep(20)
        ended.set()
        for thread in threads:
            thread.join()
    # Where a shard went on without a pause, its first event after the kill is soon.
    return max(min(at_s for at_s in at if at_s > killed_s + _UNREAD_S) for at in seen.values()) - killed_s


def _alternate(settings: KafkaSettings, ended: threading.Event, division: Division) -> None:
    """In each partition a point that goes over its limit and back, ten times a second, by the clock of the wall."""
    writer, topics = producer(settings), Topics.of(settings)
    points = [int(np.flatnonzero(division.shard_of_point == shard)[0]) for shard in range(PARTITIONS)]
    begun_s, k = time.monotonic(), 0
    while not ended.is_set():
        at_ms = START_MS + 10_000_000 + 100 * k
        for shard, point in enumerate(points):
            batch = Batch.of([(point, at_ms, 60.0 if k % 2 else 1.0, 0)])
            writer.produce(topics.readings, encode(Readings(at_ms, batch, "mqtt")), partition=shard, timestamp=at_ms)
        writer.poll(0)
        k += 1
        time.sleep(max(0.0, begun_s + 0.1 * k - time.monotonic()))
    writer.flush(10)


def _listen(settings: KafkaSettings, ended: threading.Event, seen: dict[int, list[float]]) -> None:
    from confluent_kafka import TopicPartition

    consumer, topics = reader(settings, more={"enable.partition.eof": False}), Topics.of(settings)
    consumer.assign([TopicPartition(topics.alarms, shard, 0) for shard in range(PARTITIONS)])
    while not ended.is_set():
        for message in consumer.consume(100, timeout=0.05):
            if message.error() is None:
                seen.setdefault(int(message.partition() or 0), []).append(time.monotonic())
    consumer.close()


def until_shared(services: list[Service]) -> None:
    """Until every shard is held, and each worker has some."""
    deadline_s = time.monotonic() + _TIMEOUT_S
    held: list[float] = []
    while time.monotonic() < deadline_s:
        with suppress(OSError):
            held = [service.metric("tocsin_worker_shards") for service in services]
            if sum(held) == PARTITIONS + 1 and min(held) > 0:
                for service in services:
                    service.wait_until_ready()
                return
        time.sleep(0.1)
    raise TimeoutError(f"the shards are not shared: {held}")


def main() -> None:
    quick = is_quick()
    if find() is None:
        emit(Figure(name="worker from a backlog", value=None, unit="readings/s", goal=GOAL, note=MISSING))
        return
    total = 4_000_000 if quick else 8_000_000
    with folder() as here, kafka(here / "kafka") as broker:
        site = write_site(here / "site")
        configured = read_configuration(site)
        division = Division(configured.site, configured.rules, PointRegistry(configured.site.points), PARTITIONS)
        for size in (1_000, 5_000):
            logs = backlog(division, configured, size, total)
            count = sum(len(entry.batch) for log in logs for entry in log if isinstance(entry, Readings))
            settings = prepared(broker, f"one-{size}.", configured)
            write(settings, logs)
            rate, cpu = from_backlog(here / f"one-{size}", site, settings, count)
            bare = bare_engine(configured, logs)
            say(f"  {size} a record: {rate:,.0f} readings/s; CPU {cpu:.3f} s a million, bare engine {bare:.3f}")
            note = f"CPU seconds a million readings: {cpu:.2f}, bare engine over the same records {bare:.2f}"
            emit(
                Figure(
                    name=f"worker from a backlog, {size} a record", value=rate, unit="readings/s", goal=GOAL, note=note
                ),
                Figure(name=f"worker, {size} a record: of the bare engine", value=bare / cpu, unit="x CPU", goal=0.5),
            )
        logs = backlog(division, configured, 5_000, total)
        costs: dict[int, list[float]] = {1: [], 2: []}
        for turn in range(1 if quick else 2):
            for workers, spent in costs.items():
                prefix = f"shared-{workers}-{turn}"
                settings = prepared(broker, f"{prefix}.", configured)
                spent.append(shared(here / prefix, site, settings, logs, workers))
                say(f"  {workers} workers: CPU {spent[-1]:.3f} s a million readings")
        one, two = (median(costs[workers]) for workers in (1, 2))
        emit(
            Figure(
                name="two workers: of one, where cores allow",
                value=2 * one / two,
                unit="x",
                goal=GOAL_TWO,
                note=f"by CPU seconds a million readings, shared by turns: {one:.2f} of one, {two:.2f} of two together",
            )
        )
        settings = prepared(broker, "takeover.", configured)
        write(settings, [log[:1] for log in backlog(division, configured, 1_000, 1)])
        emit(
            Figure(
                name="takeover after kill -9: alarms flow again",
                value=takeover_s(here / "takeover", site, settings, division),
                unit="s",
                goal=GOAL_TAKEOVER_S,
                at_least=False,
                note="of which 6 s until Kafka takes the worker for dead (session_s)",
            )
        )


if __name__ == "__main__":
    main()
