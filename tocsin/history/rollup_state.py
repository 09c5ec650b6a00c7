"""Where the roll-ups stand: a file beside the cursors, replaced whole or not at all."""

from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from plant.entries import Position
from tocsin.followers.cursor import replace_file
from tocsin.history.buckets import Buckets
from tocsin.history.rollup import RollUps

_COLUMNS: Final = {
    "point": np.uint32,
    "start_ms": np.int64,
    "readings": np.int64,
    "bad": np.int64,
    "count": np.int64,
    "total": np.float64,
    "low": np.float64,
    "high": np.float64,
    "last": np.float64,
}


class RollUpState(msgspec.Struct, forbid_unknown_fields=True):
    """All before `done` is taken; from `position` on it must be read again to have the open minutes back.

    `site` is the digest of the site version in force at `done`. Everything that was over is written.
    `closed_ms` is 0 before the first entry was seen.
    """

    position: Position
    done: Position
    site: str
    closed_ms: int
    whole_from_ms: int
    late: list[tuple[int, int]] = []
    hours: dict[str, bytes] = {}

    @classmethod
    def of(cls, rollups: RollUps, done: Position, site: str) -> "RollUpState":
        return cls(
            rollups.oldest(done),
            done,
            site,
            rollups.closed_ms,
            rollups.whole_from_ms,
            sorted(rollups.late),
            {name: getattr(rollups.hours, name).tobytes() for name in _COLUMNS},
        )

    def rollups(self) -> RollUps:
        """As they were, without the rows of open minutes."""
        rollups = RollUps(self.closed_ms, self.whole_from_ms)
        rollups.late = set(self.late)
        if self.hours:
            rollups.hours = Buckets(*(np.frombuffer(self.hours[name], kind) for name, kind in _COLUMNS.items()))
        return rollups


class RollUpFile:
    """The file of one `RollUpState`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> RollUpState | None:
        """None where there is no file. ValueError if what is there is no such state."""
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            state = msgspec.msgpack.decode(raw, type=RollUpState)
            state.rollups()
        except (msgspec.MsgspecError, ValueError, KeyError) as error:
            raise ValueError(f"{self._path}: not a state of roll-ups: {error}") from error
        return state

    def save(self, state: RollUpState) -> None:
        """Replace the file and sync it. OSError if there is no room; the old one then stays."""
        replace_file(self._path, msgspec.msgpack.encode(state))

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)
