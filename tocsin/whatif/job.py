"""A comparison of rules as a process of its own: it takes no time from screens, and can be ended at any moment."""

import json
import re
import resource
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Final

from plant.mistakes import InputError
from tocsin.configuration import read_configuration, unpack_files
from tocsin.log.errors import LogCorruptError
from tocsin.whatif.diff import run_diff
from tocsin.whatif.diff_json import diff_form
from tocsin.whatif.recording import FeedRecording, JournalRecording, Recording

MOST_AT_ONCE: Final = 2
LONGEST_S: Final = 900.0
MOST_FILES: Final = 50
_FILE: Final = re.compile(r"rules/[A-Za-z0-9._-]{1,100}\.yaml|points\.csv")
_MOST_BYTES: Final = 8 << 30
_MOST_LISTED: Final = 200
_WARM_UP_MS: Final = 3_600_000
"""What lies before the span, so that windows and delays stand as they stood."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """`files` of the site folder as they would be (None: gone); readings of a span of the journal, or of a feed."""

    files: dict[str, str | None] = field(default_factory=dict)
    from_ms: int | None = None
    to_ms: int | None = None
    feed: str | None = None
    """Recorded readings as CSV (docs/reference/feed.md)."""

    def check(self) -> None:
        """ValueError says what is wrong."""
        if not self.files or len(self.files) > MOST_FILES:
            raise ValueError(f"files are {len(self.files)}, allowed are 1 to {MOST_FILES}")
        for name in self.files:
            if not _FILE.fullmatch(name):
                raise ValueError(f"files: {name[:120]} is none, allowed are rules/NAME.yaml and points.csv")
        if self.feed is None and self.from_ms is None:
            raise ValueError("from is missing: from when on is the journal read?")
        if self.from_ms is not None and self.to_ms is not None and self.to_ms <= self.from_ms:
            raise ValueError("to does not lie after from")


class Job:
    """Runs from when it is made. Thread-safe."""

    def __init__(self, data: Path, stored: bytes, wanted: Wanted) -> None:
        """`stored` is the configuration to compare with. ValueError: what is wanted is wrong."""
        wanted.check()
        self.over = threading.Event()
        self.progress = 0.0
        """0 to 1."""
        self.result: dict[str, Any] | None = None
        """docs/reference/rules-diff.md; None until it is over, or where it went wrong."""
        self.wrong: tuple[str, ...] = ()
        self._folder = TemporaryDirectory(prefix="tocsin-what-if-")
        folder = Path(self._folder.name)
        try:
            _lay_out(folder, stored, wanted)
            self._process = subprocess.Popen(  # noqa: S603 - our own
                [sys.executable, "-m", "tocsin.whatif.job", str(data.resolve()), str(folder)],
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
        threading.Thread(target=self._follow, name="what-if", daemon=True).start()

    def cancel(self, why: str = "it was ended") -> None:
        """End it, wherever it is."""
        if not self.over.is_set():
            self.wrong = (why,)
            self._process.kill()

    def _follow(self) -> None:
        assert self._process.stdout is not None  # noqa: S101
        for line in self._process.stdout:
            told = json.loads(line)
            self.progress = told.get("progress", self.progress)
            self.result = told.get("result", self.result)
            self.wrong = tuple(told.get("wrong", self.wrong))
        self._process.wait()
        self._timer.cancel()
        self._folder.cleanup()
        if self.result is None and not self.wrong:
            self.wrong = ("it needed more memory than there is for it, or was ended",)
        self.over.set()


def _lay_out(folder: Path, stored: bytes, wanted: Wanted) -> None:
    for side in ("before", "after"):
        unpack_files(stored, folder / side)
    for name, text in wanted.files.items():
        path = folder / "after" / name
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if wanted.feed is not None:
        (folder / "feed.csv").write_text(wanted.feed, encoding="utf-8")
    asked = {name: value for name, value in asdict(wanted).items() if name in ("from_ms", "to_ms")}
    (folder / "wanted.json").write_text(json.dumps(asked))


def work(data: Path, folder: Path, out: IO[str]) -> None:
    """The process: lines of JSON with `progress`, then `result` or `wrong`."""

    def tell(**told: Any) -> None:
        out.write(json.dumps(told) + "\n")
        out.flush()

    told_of = -1

    def advance(done: float, total: float) -> None:
        nonlocal told_of
        percent = int(100 * done / total) if total else 0
        if percent > told_of:
            told_of = percent
            tell(progress=percent / 100)

    wanted = json.loads((folder / "wanted.json").read_text())
    try:
        before, after = (read_configuration(folder / side) for side in ("before", "after"))
        sites = [before.site, after.site]
        feed = folder / "feed.csv"
        recording: Recording
        if feed.exists():
            recording = FeedRecording(feed, sites, True, advance)
        else:
            recording = JournalRecording(data, sites, max(0, wanted["from_ms"] - _WARM_UP_MS))
        found = run_diff(recording, before, after, (wanted["from_ms"], wanted["to_ms"]), advance, _MOST_LISTED)
        tell(progress=1.0, result=diff_form(found))
    except InputError as error:
        tell(wrong=[str(mistake).replace(f"{folder}/", "") for mistake in error.mistakes[:100]])
    except (ValueError, LookupError, OSError, LogCorruptError) as error:
        tell(wrong=[str(error).replace(str(folder), "").replace(f"{data}: ", "")])


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (round(LONGEST_S), round(LONGEST_S)))
    work(Path(sys.argv[1]), Path(sys.argv[2]), sys.stdout)
