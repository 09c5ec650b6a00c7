"""A drill as a process of its own: it takes no time from screens, and can be ended at any moment."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Final

from plant.mistakes import InputError
from simulators import BrokerAwayError
from tocsin.clock import SystemClock
from tocsin.configuration import unpack_files
from tocsin.drill.library import Stage, programme
from tocsin.drill.live import rehearse
from tocsin.drill.report import drill_of, write_json
from tocsin.drill.run import Run
from tocsin.drill.suite import play
from tocsin.log.files import make_directory
from tocsin.settings import Settings

LONGEST_S: Final = 3600.0
MOST_SEEDS: Final = 20
FASTEST: Final = 60.0
_NICE: Final = 15


@dataclass(frozen=True, slots=True)
class WantedDrill:
    """`scenarios` of the product, by name; none: all that fit. `own_site`: on the site in force, else on their own
    fleets. `live`: through the running service, on exercise topics, one scenario at `speed`."""

    scenarios: tuple[str, ...] = ()
    own_site: bool = True
    seeds: int = 1
    live: bool = False
    speed: float = 10.0

    def check(self) -> None:
        """ValueError says what is wrong."""
        if not 1 <= self.seeds <= MOST_SEEDS:
            raise ValueError(f"seeds are {self.seeds}, allowed are 1 to {MOST_SEEDS}")
        if self.live and (len(self.scenarios) != 1 or not self.own_site or self.seeds != 1):
            raise ValueError("a rehearsal of the running service takes one scenario, its own site, and one seed")
        if not 1.0 <= self.speed <= FASTEST:
            raise ValueError(f"speed is {self.speed:g}, allowed is 1 to {FASTEST:g}")


class DrillJob:
    """Runs from when it is made; its outcome is `outcome`, a file that is there once it is over. Thread-safe."""

    def __init__(self, settings: Settings, stored: bytes, wanted: WantedDrill, outcome: Path) -> None:
        """`stored` is the configuration in force. ValueError: what is wanted is wrong."""
        wanted.check()
        self.over = threading.Event()
        self.progress = 0.0
        """0 to 1."""
        self.wrong: tuple[str, ...] = ()
        self.outcome = outcome
        self._folder = TemporaryDirectory(prefix="tocsin-drill-")
        folder = Path(self._folder.name)
        try:
            unpack_files(stored, folder / "site")
            (folder / "wanted.json").write_text(json.dumps(asdict(wanted)))
            (folder / "settings.json").write_text(settings.model_dump_json())
            make_directory(outcome.parent)
            self._process = subprocess.Popen(  # noqa: S603 - our own
                [sys.executable, "-m", "tocsin.drill.job", str(folder), str(outcome.resolve())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        except BaseException:
            self._folder.cleanup()
            raise
        self._timer = threading.Timer(LONGEST_S, self.cancel, [f"it took longer than {LONGEST_S:g} s"])
        self._timer.daemon = True
        self._timer.start()
        threading.Thread(target=self._follow, name="drill", daemon=True).start()

    def cancel(self, why: str = "it was ended") -> None:
        """End it, wherever it is."""
        if not self.over.is_set():
            self.wrong = (why,)
            self._process.kill()

    def _follow(self) -> None:
        assert self._process.stdout is not None  # noqa: S101
        done = False
        for line in self._process.stdout:
            told = json.loads(line)
            self.progress = told.get("progress", self.progress)
            self.wrong = tuple(told.get("wrong", self.wrong))
            done |= told.get("done", False)
        self._process.wait()
        self._timer.cancel()
        self._folder.cleanup()
        if not done and not self.wrong:
            self.wrong = ("it was ended",)
        self.over.set()


def work(folder: Path, outcome: Path, out: IO[str]) -> None:
    """The process: lines of JSON with `progress`, then `done` or `wrong`."""

    def tell(**told: Any) -> None:
        out.write(json.dumps(told) + "\n")
        out.flush()

    def advance(done: float, total: float) -> None:
        tell(progress=min(1.0, done / total) if total else 0.0)

    wanted = WantedDrill(**json.loads((folder / "wanted.json").read_text()))
    try:
        workplace = folder / "fleets"
        workplace.mkdir()
        given = programme(list(wanted.scenarios), folder / "site" if wanted.own_site else None, workplace)
        if wanted.live:
            settings = Settings.model_validate_json((folder / "settings.json").read_text())
            played = _rehearsed(settings, given.stages, wanted.speed, advance)
        else:
            played = play(given.stages, None, wanted.seeds, 1, advance)
        write_json(drill_of(given.stages, played, given.left_out, live=wanted.live), outcome)
        tell(progress=1.0, done=True)
    except InputError as error:
        tell(wrong=[str(mistake).replace(f"{folder}/", "") for mistake in error.mistakes[:100]])
    except (ValueError, LookupError, OSError, TimeoutError, BrokerAwayError) as error:
        tell(wrong=[str(error).replace(f"{folder}/", "")])


def _rehearsed(settings: Settings, stages: Sequence[Stage], speed: float, advance: Any) -> list[list[Run]]:
    if not settings.mqtt:
        raise ValueError("the settings name no broker")
    stop = threading.Event()
    return [[rehearse(settings, stage, None, speed, SystemClock().now_ms, stop, advance)] for stage in stages]


if __name__ == "__main__":
    os.nice(_NICE)
    work(Path(sys.argv[1]), Path(sys.argv[2]), sys.stdout)
