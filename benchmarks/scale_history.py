"""Bytes that a raw reading takes in InfluxDB once it is compacted. Run: python -m benchmarks.scale_history [--quick]"""

import time
from pathlib import Path

from benchmarks.figure import Figure, emit, is_quick, say
from benchmarks.history import TOKEN, influx
from benchmarks.scale_site import PERIOD_S, readings, write_site
from benchmarks.throughput import folder
from plant.registry import PointRegistry
from plant.site_reader import read_site
from tocsin.followers.influx import PointPrefixes
from tocsin.followers.influx.client_sink import InfluxSink
from tocsin.followers.influx.lines import reading_lines

POINTS = 400
_QUICKLY = (
    "--storage-cache-snapshot-write-cold-duration=1s",
    "--storage-compact-full-write-cold-duration=2s",
    "--storage-compact-throughput-burst=500000000",
)
_SETTLED_S = 12.0
_AT_MOST_S = 90.0


def settled_bytes(engine: Path) -> int:
    """Of the data files, once they no longer change."""
    begun_s = changed_s = time.monotonic()
    before: dict[Path, int] = {}
    while time.monotonic() - changed_s < _SETTLED_S and time.monotonic() - begun_s < _AT_MOST_S:
        now = {file: file.stat().st_size for file in engine.glob("data/*/**/*.tsm")}
        if now != before:
            before, changed_s = now, time.monotonic()
        time.sleep(0.5)
    return sum(before.values())


def main() -> None:
    hours = 6 if is_quick() else 48
    with folder() as here:
        site, _ = read_site(write_site(here / "site", POINTS))
        prefixes = PointPrefixes(PointRegistry(site.points).ids, site)
        data = here / "influx"
        data.mkdir()
        with influx(data, *_QUICKLY) as settings:
            if settings is None:
                emit(Figure(name="scale: a raw reading in InfluxDB", value=None, unit="bytes", goal=15, at_least=False,
                            note="influxd is not there"))  # fmt: skip
                return
            sink = InfluxSink(settings, TOKEN)
            count, spent_s, waiting = 0, 0.0, list[str]()
            for entry in readings(POINTS, hours * 3600 // PERIOD_S):
                begun_s = time.process_time()
                waiting += reading_lines(entry, prefixes)
                spent_s += time.process_time() - begun_s
                if len(waiting) >= 25_000:
                    count += len(waiting)
                    sink.write(waiting)
                    waiting.clear()
            sink.write(waiting)
            count += len(waiting)
            sink.close()
            size = settled_bytes(data / "e")
    say(f"  {count:,} readings, {size:,} bytes; a line takes {spent_s / count * 1e6:.1f} us")
    emit(Figure(name="scale: a raw reading in InfluxDB", value=size / count, unit="bytes", goal=15, at_least=False,
                note=f"{hours} h of {POINTS} points, two decimals, compacted"))  # fmt: skip


if __name__ == "__main__":
    main()
