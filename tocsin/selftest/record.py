"""What is kept of self-tests: the last runs with their legs, in a file of the data folder."""

from pathlib import Path
from typing import Final, Literal

import msgspec

from tocsin.log.files import write_atomically
from tocsin.selftest.schedule import Runs

LegName = Literal["published", "raised", "queued", "delivered", "confirmed", "acknowledged", "cleared"]
LEGS: Final[tuple[LegName, ...]] = (
    "published", "raised", "queued", "delivered", "confirmed", "acknowledged", "cleared",
)  # fmt: skip
"""In the order in which they are passed."""

Cause = Literal["schedule", "asked"]
_KEPT_RUNS: Final = 50


class Run(msgspec.Struct, frozen=True):
    """One self-test. `legs` are seconds from its begin to the end of each leg that was passed."""

    begun_ms: int
    cause: Cause
    ok: bool
    legs: dict[LegName, float] = {}
    failed: LegName | None = None
    reason: str = ""
    alarm: str = ""
    over: tuple[str, ...] = ()
    """Channels and webhooks over which it was delivered."""


class Kept(msgspec.Struct, frozen=True):
    """The file. `missed_ms` is from when on a good run is missing."""

    since_ms: int
    runs: tuple[Run, ...] = ()
    """The newest last."""
    last_good_ms: int | None = None
    missed_ms: int | None = None

    @property
    def last(self) -> Run | None:
        return self.runs[-1] if self.runs else None

    def facts(self) -> Runs:
        """What the schedule goes by."""
        last = self.last
        if last is None:
            return Runs(self.since_ms)
        return Runs(self.since_ms, last.begun_ms, last.ok, self.last_good_ms)

    def with_run(self, run: Run) -> "Kept":
        good = run.begun_ms if run.ok else self.last_good_ms
        return msgspec.structs.replace(self, runs=(*self.runs, run)[-_KEPT_RUNS:], last_good_ms=good)


def load_kept(path: Path) -> Kept | None:
    """What the file holds; None where there is none. ValueError if it can't be understood."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Kept)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise ValueError(f"{path}: {error}") from None


def save_kept(kept: Kept, path: Path) -> None:
    """OSError if it can't be written; then the old file stays."""
    write_atomically(path, [msgspec.json.format(msgspec.json.encode(kept), indent=1), b"\n"])
