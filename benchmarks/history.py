"""Trends of a day of one point with a reading a second, from InfluxDB and from the journal; what roll-ups cost."""

import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np

from benchmarks.figure import Figure, emit, is_quick, say
from plant.batch import Batch
from plant.entries import Entry, Readings
from tocsin.followers.influx import InfluxSettings, PointPrefixes
from tocsin.followers.influx.client_sink import InfluxSink
from tocsin.followers.influx.lines import reading_lines
from tocsin.history.influx_trends import InfluxTrends
from tocsin.history.journal_trends import JournalTrends
from tocsin.history.query import Trends
from tocsin.history.rollup import RollUps
from tocsin.history.rollup_lines import rollup_lines
from tocsin.log.journal import Journal
from tocsin.log.layout import JOURNAL, REGISTRY
from tocsin.log.registry_file import RegistryFile
from tools.services.influxd import find

GOAL_MS = 200.0
GOAL_US = 5.0
BEGIN_MS = 1_767_225_600_000
DAY_S = 86_400
POINTS = 20
TOKEN = "a-token-for-benchmarks-only"
_BUCKET = "bench"


def day(seconds: int) -> list[Entry]:
    """A reading a second of each point; a batch a second, as a small site gives."""
    point = np.arange(POINTS, dtype=np.uint32)
    quality = np.zeros(POINTS, dtype=np.uint8)
    return [
        Readings(
            BEGIN_MS + s * 1000 + 50,
            Batch(point, np.full(POINTS, BEGIN_MS + s * 1000), np.sin(s / 600 + point) * 20 + 30, quality),
        )
        for s in range(seconds)
    ]


def roll_up_cost(entries: list[Entry], sink: Callable[[list[str], list[str]], object]) -> tuple[float, int]:
    """(seconds of processor time, readings) of rolling up, lines included; `sink` is handed lines, not measured."""
    rollups, prefixes = RollUps(BEGIN_MS), PointPrefixes([f"P{n}" for n in range(POINTS)], None, "reading_1m")
    hourly = PointPrefixes([f"P{n}" for n in range(POINTS)], None, "reading_1h")
    spent, readings = 0.0, 0
    for position, entry in enumerate(entries):
        begun = time.process_time()
        upto_ms = rollups.due(entry.received_at_ms, 10_000)
        if upto_ms is not None:
            closed = rollups.close(upto_ms)
            lines = rollup_lines(closed.minutes, prefixes), rollup_lines(closed.hours, hourly)
        if isinstance(entry, Readings):
            rollups.take(position, entry)
            readings += len(entry.batch)
        spent += time.process_time() - begun
        if upto_ms is not None:
            sink(*lines)
    return spent, readings


@contextmanager
def influx(folder: Path, *more: str) -> Iterator[InfluxSettings | None]:
    """A server with its buckets; None where there is no influxd. `more` are options of its own."""
    program = find()
    if program is None:
        yield None
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    paths = [
        f"--{name}-path={folder / file}" for name, file in (("bolt", "i.bolt"), ("sqlite", "i.db"), ("engine", "e"))
    ]
    process = subprocess.Popen(
        [
            str(program),
            "run",
            f"--http-bind-address={address}",
            "--reporting-disabled",
            "--log-level=error",
            *paths,
            *more,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield _set_up(f"http://{address}", folder)
    finally:
        process.terminate()
        process.wait(20)


def _set_up(url: str, folder: Path) -> InfluxSettings:
    for _ in range(300):
        try:
            if httpx.get(f"{url}/health").status_code == httpx.codes.OK:
                break
        except httpx.TransportError:
            time.sleep(0.1)
    body = {"username": "bench", "password": "bench-only", "org": "tocsin", "bucket": _BUCKET, "token": TOKEN}
    org = httpx.post(f"{url}/api/v2/setup", json=body, timeout=60).raise_for_status().json()["org"]["id"]
    for name in ("1m", "1h"):
        httpx.post(
            f"{url}/api/v2/buckets",
            json={"name": f"{_BUCKET}_{name}", "orgID": org},
            headers={"Authorization": f"Token {TOKEN}"},
        ).raise_for_status()
    return InfluxSettings(url=url, org="tocsin", bucket=_BUCKET, token_file=folder / "token")


def took_ms(trends: Trends, seconds: int, most_points: int) -> tuple[float, int]:
    """(median of several, rows) of the trend of one point."""
    times = []
    for turn in range(7):
        begun = time.perf_counter()
        rows = len(trends.trend(f"P{turn}", BEGIN_MS, BEGIN_MS + seconds * 1000, most_points, 3_000))
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times), rows


def main() -> None:
    """Prints the figures."""
    seconds = DAY_S // 12 if is_quick() else DAY_S
    say(f"history: {POINTS} points, a reading a second, {seconds / 3600:g} h")
    with tempfile.TemporaryDirectory() as name:
        data = Path(name)
        entries = day(seconds)
        registry = RegistryFile.open(data / REGISTRY)
        registry.assign(f"P{n}" for n in range(POINTS))
        registry.close()
        journal = Journal.open(data / JOURNAL)
        for start in range(0, len(entries), 5_000):
            journal.append(entries[start : start + 5_000])
        minutes: list[str] = []
        hours: list[str] = []

        def keep(of_minutes: list[str], of_hours: list[str]) -> None:
            minutes.extend(of_minutes)
            hours.extend(of_hours)

        spent, readings = roll_up_cost(entries, keep)
        prefixes = PointPrefixes([f"P{n}" for n in range(POINTS)], None)
        begun = time.process_time()
        raw = [line for entry in entries if isinstance(entry, Readings) for line in reading_lines(entry, prefixes)]
        raw_us = (time.process_time() - begun) / readings * 1e6
        emit(
            Figure(
                name="history.roll_up_cost",
                value=spent / readings * 1e6,
                unit="us a reading",
                goal=GOAL_US,
                at_least=False,
                note=f"making its line of raw history takes {raw_us:.2f} us",
            )
        )
        _trends(data, seconds, raw, minutes, hours)
        journal.close()


def _trends(data: Path, seconds: int, raw: list[str], minutes: list[str], hours: list[str]) -> None:
    from_journal, _ = took_ms(JournalTrends(data), seconds, 1000)
    figures: list[tuple[str, float | None, str]] = [("journal", from_journal, "")]
    with influx(data) as settings:
        if settings is None:
            figures += [(name, None, "influxd is not there") for name in ("influx_minutes", "influx_raw")]
        else:
            for bucket, lines in ((settings.bucket, raw), (settings.of_minutes, minutes), (settings.of_hours, hours)):
                sink = InfluxSink(settings, TOKEN, bucket)
                for start in range(0, len(lines), 25_000):
                    sink.write(lines[start : start + 25_000])
                sink.close()
            for name, chosen in (
                ("influx_minutes", settings),
                ("influx_raw", settings.model_copy(update={"rollups": False})),
            ):
                trends = InfluxTrends(chosen, TOKEN)
                value, rows = took_ms(trends, seconds, 1000)
                figures.append((name, value, f"{rows} rows"))
                trends.close()
    for name, measured, note in figures:
        emit(Figure(name=f"history.trend_{name}", value=measured, unit="ms", goal=GOAL_MS, at_least=False, note=note))


if __name__ == "__main__":
    main()
