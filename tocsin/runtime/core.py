"""The durable core: journal, registry, configurations, checkpoints and alarm book of one data folder, in step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import numpy as np
import structlog

from alerts.targets import Target
from plant.entries import Configuration, Entry, Position, Readings
from rules.engine import STATE_VERSION, Engine, State, dump_state, load_state, make_plan
from tocsin.book import AlarmBook, BookError, Commit, Committed
from tocsin.configuration import Configured, restore_configuration
from tocsin.inventory.health import DeviceHealth
from tocsin.log.checkpoints import CheckpointStore
from tocsin.log.journal import SEGMENT_BYTES, SEGMENT_MS, Journal
from tocsin.log.layout import BOOK, CHECKPOINTS, CONFIGURATIONS, JOURNAL, REGISTRY, VERSIONS
from tocsin.log.registry_file import RegistryFile
from tocsin.log.snapshots import SnapshotStore
from tocsin.log.versions import VersionFile, version_at
from tocsin.runtime.fold import Fold, Numbered, in_groups

_REDELIVERY_ENTRIES: Final = 5_000
"""Before a restart's first new entry, so many entries are looked at for messages that may be delivered again."""

Progress = Callable[[Position, Position, Position], None]
"""(first, done, end) of the entries folded at start."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Restart:
    """How a start went: the checkpoint's position (None: folded from the log's beginning) and the entries folded."""

    checkpoint: Position | None
    folded: int
    passed_over: tuple[str, ...]


class Core:
    """Opened by the one process that writes. `append` and `decide` are each called from one thread at a time."""

    def __init__(
        self,
        data: Path,
        journal: Journal,
        registry: RegistryFile,
        book: AlarmBook,
        versions: VersionFile,
        configured: Configured,
        exercise: bool = False,
    ) -> None:
        """Use `Core.open`."""
        self.data = data
        self._exercise = exercise
        self._given, self._given_digest = configured, configured.digest
        self.versions = versions
        self.journal = journal
        self.registry = registry
        self.book = book
        self.snapshots = SnapshotStore(data / CONFIGURATIONS)
        self.checkpoints = CheckpointStore(data / CHECKPOINTS)
        self.fold: Fold
        self.health = DeviceHealth()
        self.restart = Restart(None, 0, ())
        self.decided: Position = 0
        """All entries before this are folded."""

    @classmethod
    def open(
        cls,
        data: Path,
        configured: Configured,
        targets: Sequence[Target],
        now_ms: int,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        segment_ms: int = SEGMENT_MS,
        progress: Progress | None = None,
        exercise: bool = False,
    ) -> "Core":
        """Restore the last checkpoint, fold the rest of the log, and journal the configuration if it is a new one.

        What somebody has put into force by name stays in force, whatever `configured` says: see `Core.configured`.
        `exercise` marks every event as not real; then what `configured` says is in force.
        LogLockedError if another process writes the folder; LogFullError, BookError, LogCorruptError as they say.
        """
        journal = Journal.open(data / JOURNAL, segment_bytes=segment_bytes, segment_ms=segment_ms)
        try:
            if not journal.recovery.clean:
                _log.warning("log_tail_cut", recovery=str(journal.recovery))
            registry = RegistryFile.open(data / REGISTRY)
            book = AlarmBook.open_for_writing(data / BOOK, targets)
            versions = VersionFile.open(data / VERSIONS, journal)
            core = cls(data, journal, registry, book, versions, configured, exercise)
            core._catch_up(configured, progress)
            core._configure(configured, now_ms)
            # What the book knows of the site is made now, not with the first alarm.
            book.commit(core.decided, [], core.fold.ground)
        except BaseException:
            journal.close()
            raise
        return core

    @property
    def configured(self) -> Configured:
        """What is in force."""
        return self.fold.configured

    def prepare(self, configured: Configured) -> str:
        """Keep a configuration, number its points and compile it, so that its entry can be journaled and takes effect
        at once; returns its digest. From any thread. LogFullError: no room, nothing has changed.
        """
        digest = self.snapshots.put(configured.stored)
        self.registry.assign(configured.site.points)
        self._given, self._given_digest = configured, digest
        self.fold.prepare(configured)
        return digest

    def append(self, entries: Sequence[Entry]) -> Position:
        """Make entries durable; returns the first one's position."""
        return self.journal.append(entries)

    def decide(self, items: Sequence[Numbered]) -> list[Commit]:
        """Fold durable entries. The commits are to be put into the book with `record`."""
        commits = list(self.fold.apply(items))
        for position, entry in items:
            if isinstance(entry, Configuration):
                self.versions.note(position, entry)
        self.health.apply([entry for _, entry in items])
        if items:
            self.decided = items[-1][0] + 1
        return commits

    def record(self, commit: Commit) -> Committed | None:
        """Put a commit into the book, durably. sqlite3.OperationalError (no room): call again."""
        return self.book.commit(*commit) if commit.steps or self.book.has_to(commit.ground, commit.clock_ms) else None

    def checkpoint(self) -> Callable[[], None]:
        """Freeze the state as of now; the returned function writes it and may run in another thread."""
        self.book.commit(self.decided, [], self.fold.ground)
        position, digest = self.decided, self.fold.digest
        state: State = {
            name: value.copy() if isinstance(value, np.ndarray) else value
            for name, value in {**dump_state(self.fold.engine), **self.health.dump()}.items()
        }
        return lambda: _done(self.checkpoints.save(position, digest, STATE_VERSION, state))

    def keep_from(self) -> Position:
        """No entry at or after this may be dropped: a restart folds from here."""
        oldest = self.checkpoints.oldest_position()
        return min(self.book.position if oldest is None else oldest, self.decided)

    def latest_readings(self) -> list[Readings]:
        """The latest batches, oldest first: what a broker may deliver again after a crash."""
        start = max(self.journal.first, self.journal.end - _REDELIVERY_ENTRIES)
        return [entry for _, entry in self.journal.read(start) if isinstance(entry, Readings)]

    def close(self) -> None:
        """Give everything up. What was appended and recorded is durable already."""
        self.book.close()
        self.registry.close()
        self.journal.close()

    def _catch_up(self, configured: Configured, progress: Progress | None) -> None:
        if self.book.position > self.journal.end:
            raise BookError(
                f"{self.data / BOOK}: the alarm book is at entry {self.book.position}, the log ends at"
                f" {self.journal.end}; `tocsin book rebuild` makes it anew from the log"
            )
        points = self.registry.registry
        # A checkpoint past the book's position would hide from a book that was lost what it must be told again.
        loaded = self.checkpoints.load(STATE_VERSION, at_most=min(self.journal.end, self.book.position))
        found, passed_over = loaded.checkpoint, list(loaded.passed_over)
        if found is None and self.book.position < self.journal.first:
            raise BookError(
                f"{self.data / BOOK}: the alarm book ends at entry {self.book.position}, the log begins at"
                f" {self.journal.first}: restore a backup, or `tocsin book rebuild` makes a book of what the log holds"
            )
        start = self.journal.first
        engine: Engine | None = None
        if found is not None and found.position >= self.journal.first:
            try:
                then = self.resolve(found.rule_digest)
                health = DeviceHealth.load(cast(State, found.state))
                engine = load_state(make_plan(then.site, then.rules, points), cast(State, found.state))
                engine.exercise = self._exercise
                self.health = health
                self.fold, start = Fold(then, engine, points, self.resolve), found.position
            except (LookupError, ValueError) as error:
                passed_over.append(str(error))
        if engine is None:
            self.registry.assign(configured.site.points)
            first = self._first_configuration(configured)
            self.fold = Fold.fresh(first, points, self.resolve, exercise=self._exercise)
        self.decided = start
        end = self.journal.end
        for stop in sorted({min(max(self.book.position, start), end), end}):
            for group in in_groups(self.journal.read(self.decided, stop)):
                for commit in self.decide(group):
                    # What the book has already is decided again and passed over there.
                    self.record(commit)
                if progress is not None:
                    progress(start, self.decided, end)
        for reason in passed_over:
            _log.warning("checkpoint_passed_over", reason=reason)
        self.restart = Restart(start if engine is not None else None, end - start, tuple(passed_over))

    def _first_configuration(self, configured: Configured) -> Configured:
        """What was in force at the log's beginning; where that is not known, what is in force now."""
        version = version_at(self.versions.all, self.journal.first)
        return configured if version is None else self.resolve(version.digest)

    def _configure(self, configured: Configured, now_ms: int) -> None:
        self.registry.assign(configured.site.points)
        if self.journal.end > 0 and self.fold.digest == configured.digest:
            return
        last = self.versions.last
        if last is not None and last.applied and not self._exercise:
            _log.warning(
                "site_folder_not_in_force",
                in_force=last.digest[:12],
                since_ms=last.at_ms,
                by=last.who,
                why=last.why,
                help="`tocsin rules apply` or SIGHUP puts the folder into force",
            )
            return
        digest = self.snapshots.put(configured.stored)
        entry = Configuration(max(now_ms, (self.journal.last_received_at_ms or 0) + 1), "site", digest)
        position = self.append([entry])
        for commit in self.decide([(position, entry)]):
            self.record(commit)

    def resolve(self, digest: str) -> Configured:
        """A kept configuration. LookupError if it is not there."""
        given = self._given, self._given_digest
        if digest == given[1]:
            return given[0]  # read already: a large site takes seconds
        return restore_configuration(self.snapshots.get(digest))


def _done(_: object) -> None:
    return None
