"""What the plan of a cluster stands on: state of the shards by number of points, and bytes in a real Kafka.

Seconds of the shards are processor time, so that they hold beside other work too.

Run: python -m benchmarks.scale [--quick]
"""

import multiprocessing
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.figure import Figure, emit, is_quick, say
from benchmarks.kafka import MISSING, Broker, kafka
from benchmarks.scale_site import START_MS, readings, write_site
from benchmarks.service import running
from benchmarks.throughput import folder
from plant.entries import Configuration
from plant.registry import PointRegistry
from rules.engine import STATE_VERSION
from tocsin.configuration import read_configuration, restore_configuration
from tocsin.kafka.client import producer
from tocsin.kafka.deal import Loaded, deal, under
from tocsin.kafka.division import Division
from tocsin.kafka.load import load
from tocsin.kafka.topics import Topics
from tocsin.kafka.versions import put_version
from tocsin.runtime.fold import in_groups
from tocsin.settings.kafka import KafkaSettings
from tocsin.worker.divided import Divided
from tocsin.worker.shard import ShardFold
from tocsin.worker.state_chunks import ChunkedState, Chunks

PARTITIONS = 4
SIZES = (27_000, 55_000, 440_000)


class State(msgspec.Struct):
    """What a process showed that holds every shard of a site."""

    points: int
    site_s: float
    """To read the configuration as a worker does, from the bytes that the topic `config` holds, and to divide it."""
    base_mb: float
    """Resident without a site."""
    site_mb: float
    """What the site with its division adds."""
    shards_mb: float
    """What the shards add: rules compiled, engines, state."""
    readings_s: float
    """Decided from a backlog."""
    dump_s: float
    state_bytes: int
    """Before Kafka compresses it."""
    restore_s: float
    """From the chunks to shards that decide."""
    chunks: list[tuple[int, bytes, bytes]]
    """(shard, key, value)"""


def _resident_mb(process: object = "self") -> float:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ValueError("no VmRSS")


def _measure(points: int, stored: bytes, answer: Connection) -> None:
    base_mb = _resident_mb()
    begun_s = time.process_time()
    configured = restore_configuration(stored)
    registry = PointRegistry(configured.site.points)
    division = Division(configured.site, configured.rules, registry, PARTITIONS)
    site_s = time.process_time() - begun_s
    site_mb = _resident_mb() - base_mb
    divided = Divided(1, division, registry.numbers)

    folds = [ShardFold(shard, lambda _: divided) for shard in range(PARTITIONS)]
    first = Configuration(START_MS - 1, "site", "", version=1)
    for fold in folds:
        fold.apply([(0, first)])
    # The first sweep is the warm-up; the rest come as a backlog does, many at once.
    sweeps = max(2, min(6, 600_000 // points))
    logs: list[list[tuple[int, object]]] = [[] for _ in folds]
    for shard, entry in deal(readings(points, sweeps), division, Loaded()):
        if shard < PARTITIONS:
            logs[shard].append((len(logs[shard]) + 1, entry))
    taken, spent_s = 0, 0.0
    for fold, log in zip(folds, logs, strict=True):
        groups = list(in_groups(log))  # type: ignore[arg-type]
        for group in groups:
            began_s = time.process_time()
            fold.apply(group)
            spent_s += time.process_time() - began_s
            taken += sum(len(entry.batch) for _, entry in group if hasattr(entry, "batch"))
    del logs, groups
    shards_mb = _resident_mb() - base_mb - site_mb

    begun_s = time.process_time()
    chunks: list[tuple[int, bytes, bytes]] = []
    size = 0
    for fold in folds:
        chunked = ChunkedState(1, fold.dump(), next=fold.next, state_version=STATE_VERSION)
        chunks += [(fold.shard, key, value) for key, value in chunked.chunks()]
        chunks.append((fold.shard, *chunked.manifest(PARTITIONS, 1)))
        size += chunked.size
    dump_s = time.process_time() - begun_s

    begun_s = time.process_time()
    for shard in range(PARTITIONS):
        kept = Chunks()
        for own, key, value in chunks:
            if own == shard:
                kept.take(key, value)
        found, passed_over = kept.newest(STATE_VERSION, PARTITIONS)
        if found is None:
            raise ValueError(passed_over)
        ShardFold.load(shard, lambda _: divided, found.state)
    restore_s = time.process_time() - begun_s
    state = State(points, site_s, base_mb, site_mb, shards_mb, taken / spent_s, dump_s, size, restore_s, chunks)
    answer.send_bytes(msgspec.msgpack.encode(state))


def state_of(points: int, here: Path) -> State:
    """Measured in a process of its own, so that memory is that of this site alone."""
    stored = read_configuration(write_site(here / f"site-{points}", points)).stored
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=_measure, args=(points, stored, theirs))
    process.start()
    state = msgspec.msgpack.decode(mine.recv_bytes(), type=State)
    process.join()
    return state


def compressed(broker: Broker, state: State) -> float:
    """Bytes a point of the checkpoints on the broker's disk, written as a worker writes them."""
    settings = broker.topics(f"state-{state.points}.", PARTITIONS)
    writer = producer(settings, more={"compression.type": "lz4", "linger.ms": 0})
    topic = Topics.of(settings).checkpoints
    for shard, key, value in state.chunks:
        writer.produce(topic, value, key, partition=shard)
        if writer.flush(30):
            raise TimeoutError("Kafka has not taken a chunk")
    return broker.bytes_of(topic) / state.points


def record_bytes(broker: Broker, configured_in: Path, points: int, a_second: int) -> tuple[float, float]:
    """(bytes a record beside 20 for each reading, as all are good; readings a record), on the broker's disk."""
    configured = read_configuration(configured_in)
    division = Division(configured.site, configured.rules, PointRegistry(configured.site.points), PARTITIONS)
    settings = broker.topics(f"records-{a_second}.", PARTITIONS)
    # Live, a record goes alone: another of its partition comes 50 ms later.
    writer = producer(settings, more={"batch.num.messages": 1})
    loaded = load(under(readings(points, 4, a_second), configured, 1), division, writer, settings)
    topics = Topics.of(settings)
    size = broker.bytes_of(topics.readings) + broker.bytes_of(topics.spanning)
    return (size - 20 * loaded.readings) / loaded.records, loaded.readings / loaded.records


def into_broker(broker: Broker, settings: KafkaSettings, megabytes: int) -> float:
    """MB/s that one broker takes, acks=all, records of 100 kB that nothing compresses."""
    writer = producer(settings)
    value = np.random.default_rng(1).bytes(100_000)
    topic = Topics.of(settings).readings
    begun_s = time.perf_counter()
    for n in range(megabytes * 10):
        while True:
            try:
                writer.produce(topic, value, partition=n % PARTITIONS)
                break
            except BufferError:
                writer.poll(0.1)
    if writer.flush(60):
        raise TimeoutError("Kafka has not taken all")
    return megabytes / (time.perf_counter() - begun_s)


def loading(settings: KafkaSettings, configured_in: Path, points: int) -> float:
    """Readings/s of tocsin.kafka.load, until Kafka has them all."""
    configured = read_configuration(configured_in)
    division = Division(configured.site, configured.rules, PointRegistry(configured.site.points), PARTITIONS)
    entries = list(readings(points, 8))
    begun_s = time.perf_counter()
    loaded = load(under(entries, configured, 1), division, producer(settings), settings)
    return loaded.readings / (time.perf_counter() - begun_s)


def worker_mb(broker: Broker, here: Path) -> float:
    """Resident memory of a `tocsin worker` that holds all shards of a site of 100 points: it is its programs'."""
    settings = broker.topics("idle.", PARTITIONS)
    site = write_site(here / "small", 100)
    put_version(settings, read_configuration(site), kind="site", who="bench", why="", at_ms=0, instead_of=0)
    more = f'[kafka]\nbootstrap = "{broker.bootstrap}"\nprefix = "idle."\npartitions = {PARTITIONS}\nreplication = 1\n'
    with running(here / "idle", site, 1883, "worker", more) as worker:
        deadline_s = time.monotonic() + 60
        while worker.metric("tocsin_worker_shards") < PARTITIONS + 1 and time.monotonic() < deadline_s:
            time.sleep(0.1)
        return _resident_mb(worker.pid)


def _figures(state: State) -> Iterator[Figure]:
    n = f"{state.points:,} points"
    per_100k = 1e5 / state.points
    yield Figure(name=f"scale: {n}, decided", value=state.readings_s, unit="readings/s", goal=200_000,
                 note="50 rules of six packs, one core")  # fmt: skip
    yield Figure(name=f"scale: {n}, memory of shards", value=state.shards_mb, unit="MB", goal=state.points * 5e-3,
                 at_least=False, note=f"{state.shards_mb * per_100k:,.0f} MB a 100,000")  # fmt: skip
    yield Figure(name=f"scale: {n}, memory of the site", value=state.site_mb, unit="MB", goal=state.points * 3e-3,
                 at_least=False,
                 note=f"{state.site_mb * per_100k:,.0f} MB a 100,000; {state.base_mb:,.0f} MB before")  # fmt: skip
    yield Figure(name=f"scale: {n}, site read", value=state.site_s, unit="s", goal=state.points * 1e-4,
                 at_least=False, note=f"{state.site_s * per_100k:.2f} s a 100,000")  # fmt: skip
    yield Figure(name=f"scale: {n}, checkpoint made", value=state.dump_s, unit="s", goal=state.points * 1e-5,
                 at_least=False,
                 note=f"{state.dump_s * per_100k:.2f} s a 100,000; {state.state_bytes / 1e6:,.1f} MB")  # fmt: skip
    yield Figure(name=f"scale: {n}, restored", value=state.restore_s, unit="s", goal=state.points * 2e-5,
                 at_least=False, note=f"{state.restore_s * per_100k:.2f} s a 100,000")  # fmt: skip


def main() -> None:
    quick = is_quick()
    with folder() as here:
        states = [state_of(points, here) for points in (SIZES[:1] if quick else SIZES)]
        for state in states:
            say(f"  {state.points:,} points: {state.state_bytes / state.points:,.0f} bytes of state a point")
            emit(*_figures(state))
        site, points = here / f"site-{SIZES[0]}", SIZES[0]
        try:
            with kafka(here / "kafka") as broker:
                for state in states:
                    emit(Figure(name=f"scale: {state.points:,} points, checkpoint a point", unit="bytes", goal=150,
                                value=compressed(broker, state), at_least=False, note="on disk, lz4"))  # fmt: skip
                for a_second in (1, 20):
                    size, many = record_bytes(broker, site, points, a_second)
                    emit(Figure(name=f"scale: a record of {many:,.0f} readings", value=size, unit="bytes", goal=250,
                                at_least=False, note="on disk, beside its readings"))  # fmt: skip
                emit(Figure(name="scale: a worker of 100 points, memory", value=worker_mb(broker, here), unit="MB",
                            goal=250, at_least=False))  # fmt: skip
                settings = broker.topics("speed.", PARTITIONS)
                emit(Figure(name="scale: into one broker", value=into_broker(broker, settings, 100 if quick else 400),
                            unit="MB/s", goal=50))  # fmt: skip
                rate = loading(broker.topics("load.", PARTITIONS), site, points)
                emit(Figure(name="scale: loading", value=rate, unit="readings/s", goal=300_000))
        except FileNotFoundError:
            emit(Figure(name="scale: bytes in Kafka", value=None, unit="bytes", goal=150, at_least=False, note=MISSING))


if __name__ == "__main__":
    main()
