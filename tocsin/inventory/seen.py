"""What was heard of each point as of one instant, as columns that travel: to another process, or into a table."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from rules.engine import Engine
from tocsin.inventory.health import NO_HIGH, NO_LOW, NOT_HEARD, DeviceHealth

I64 = NDArray[np.int64]

COUNTED: Final = ("late", "duplicate", "ahead", "clock_fault", "skewed", "bad", "over_range", "under_range")
"""What the engine counts of each point (docs/reference/engine-semantics.md, 1.5 to 2)."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Columns by point number, of one length.

    clock_ms, since_ms  the last entry of the log, and the first that was counted
    digest              the configuration in force
    heard_ms            received_at of the point's last reading; NOT_HEARD
    silence_ms          since then, pauses of the service not counted
    source_up           whether the source of its last reading is up
    down                1 where its device said that it went down, and the point was not heard since
    delay_low, delay_high  received_at - measured_at, least and greatest of the last while; NO_LOW, NO_HIGH
    readings, counted   since `since_ms`, or since the point came into the site
    """

    clock_ms: int
    since_ms: int
    digest: str
    heard_ms: I64
    silence_ms: I64
    source_up: NDArray[np.bool_]
    down: I64
    delay_low: I64
    delay_high: I64
    readings: I64
    counted: dict[str, I64]

    def to_bytes(self) -> bytes:
        """The columns as MessagePack."""
        columns = {name: getattr(self, name) for name in _COLUMNS} | {
            f"counted.{n}": c for n, c in self.counted.items()
        }
        raw = {name: (column.dtype.str, column.tobytes()) for name, column in columns.items()}
        return msgspec.msgpack.encode(_Sent(self.clock_ms, self.since_ms, self.digest, raw))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Seen":
        """What `to_bytes` wrote. ValueError if it is something else."""
        try:
            sent = msgspec.msgpack.decode(data, type=_Sent)
            columns = {name: np.frombuffer(raw, np.dtype(kind)) for name, (kind, raw) in sent.columns.items()}
            return cls(
                clock_ms=sent.clock_ms,
                since_ms=sent.since_ms,
                digest=sent.digest,
                counted={name: columns[f"counted.{name}"] for name in COUNTED},
                **{name: columns[name] for name in _COLUMNS},
            )
        except (msgspec.MsgspecError, KeyError, TypeError) as error:
            raise ValueError(f"not what was heard of points: {error}") from error


class _Sent(msgspec.Struct):
    clock_ms: int
    since_ms: int
    digest: str
    columns: dict[str, tuple[str, bytes]]


_COLUMNS: Final = ("heard_ms", "silence_ms", "source_up", "down", "delay_low", "delay_high", "readings")


def look(engine: Engine, health: DeviceHealth, digest: str) -> Seen:
    """What the two folds hold as of now, for the points of the engine's plan. From any thread: nothing is kept of them.

    While they move on, a column may be an entry newer than another.
    """
    size = engine.plan.table.size
    points = engine.points
    heard_ms = _sized(health.heard_ms, size, NOT_HEARD)
    low, high = health.delays_ms()
    source = points.source.astype(np.intp)  # before the names: a name is there before its number is used
    up = np.array([name in health.up for name in engine.sources] + [False], dtype=np.bool_)
    return Seen(
        clock_ms=health.clock_ms,
        since_ms=health.since_ms,
        digest=digest,
        heard_ms=heard_ms,
        silence_ms=health.silence_ms(heard_ms),
        source_up=up[source],  # -1, not heard, is the last: not up
        down=_sized(health.down, size, 0),
        delay_low=_sized(low, size, NO_LOW),
        delay_high=_sized(high, size, NO_HIGH),
        readings=_sized(health.readings, size, 0),
        counted={name: points.counters[name].copy() for name in COUNTED},
    )


def _sized(column: NDArray[Any], size: int, nothing: int) -> I64:
    """A copy of that length, filled up where the column is shorter."""
    whole = np.full(size, nothing, dtype=np.int64)
    whole[: len(column)] = column[:size]
    return whole
