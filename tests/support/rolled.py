"""A store that takes roll-ups and raw readings as InfluxDB does, and what roll-ups must come to."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from plant.entries import Entry, Readings
from tocsin.followers.influx.sink import SinkAwayError
from tocsin.history.buckets import Buckets, Rows, roll_up
from tocsin.history.influxql import QueryError
from tocsin.history.rollup import rows_of

Cell = tuple[int, int]
"""(point number, beginning in ms)"""


@dataclass
class LineTable:
    """A sink whose lines overwrite each other by series and instant."""

    lines: dict[str, str] = field(default_factory=dict)
    writes: int = 0
    away: bool = False
    taken: threading.Event = field(default_factory=threading.Event)

    def write(self, lines: Sequence[str]) -> None:
        if self.away:
            raise SinkAwayError("away")
        self.writes += 1
        for line in lines:
            series, fields, stamp = line.split(" ")
            self.lines[f"{series} {stamp}"] = fields
        self.taken.set()

    def close(self) -> None:
        """Nothing to free."""

    def table(self) -> dict[Cell, dict[str, float]]:
        """By (point number, start in ms), the fields; points are called P and their number."""
        found = {}
        for key, fields in self.lines.items():
            series, stamp = key.split(" ")
            point = int(series.split(",")[1].removeprefix("point=P"))
            pairs = (cell.split("=") for cell in fields.split(","))
            found[point, int(stamp) // 1_000_000] = {name: float(text.rstrip("i")) for name, text in pairs}
        return found


class StoredInMemory:
    """Raw readings of a log as the store has them."""

    def __init__(self, log: Iterable[tuple[int, Entry]] = ()) -> None:
        self.entries = [entry for _, entry in log]
        self.asked = 0
        self.away = False

    def all(self) -> Rows:
        return Rows.of([rows_of(entry) for entry in self.entries if isinstance(entry, Readings) and len(entry.batch)])

    def rows(self, points: Sequence[int], from_ms: int, to_ms: int) -> Rows:
        if self.away:
            raise QueryError("away", refused=False)
        self.asked += 1
        rows = self.all()
        at_ms = rows.at_ns // 1_000_000
        return rows.where(np.isin(rows.point, points) & (at_ms >= from_ms) & (at_ms < to_ms))


def expected(rows: Rows, width_ms: int, before_ms: int, since_ms: int = 0) -> dict[Cell, dict[str, float]]:
    """What roll-ups over spans that lie between the two instants must hold, straight from the raw rows."""
    return cells(roll_up(rows, width_ms), width_ms, before_ms, since_ms)


def cells(b: Buckets, width_ms: int, before_ms: int, since_ms: int = 0) -> dict[Cell, dict[str, float]]:
    found = {}
    for i in range(len(b)):
        start = int(b.start_ms[i])
        if since_ms <= start and start + width_ms <= before_ms:
            cell = {"readings": b.readings[i], "bad": b.bad[i] / b.readings[i], "count": b.count[i]}
            if b.count[i]:
                cell |= {"mean": b.mean[i], "min": b.low[i], "max": b.high[i], "last": b.last[i], "sum": b.total[i]}
            found[int(b.point[i]), start] = {name: float(value) for name, value in cell.items()}
    return found


def assert_same(got: dict[Cell, dict[str, float]], wanted: dict[Cell, dict[str, float]]) -> None:
    """Equal to the last bit, but for the order of adding in mean and sum."""
    assert got.keys() == wanted.keys()
    for key, cell in wanted.items():
        assert got[key].keys() == cell.keys(), key
        for name, value in cell.items():
            if name in ("mean", "sum"):
                assert abs(got[key][name] - value) <= 1e-9 * max(1.0, abs(value)), (key, name)
            else:
                assert got[key][name] == value, (key, name)
