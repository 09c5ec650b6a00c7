"""The leader's thread that folds the topic `steps` into the alarm book."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

import structlog

from alerts.targets import Target
from plant.entries import Position
from tocsin.book import AlarmBook, BookError, Committed
from tocsin.book.schema import BookPlace
from tocsin.clock import Clock
from tocsin.configuration import Configured
from tocsin.database import DATABASE_ERRORS, TRY_AGAIN, FencedError
from tocsin.kafka.dead_letters import DeadLetters
from tocsin.kafka.errors import KafkaClientError
from tocsin.kafka.partition_log import Poison
from tocsin.kafka.steps import NOTIFIER, encode_steps
from tocsin.kafka.topics import LogPlace, Topics
from tocsin.kafka.versions import Versions
from tocsin.notifier.kept import load_reached, save
from tocsin.notifier.projection import Numbered, Piece, Projection, Reached
from tocsin.notifier.reading import StepsReader
from tocsin.settings.kafka import KafkaSettings

_POLL_S: Final = 0.2
_RETRY_S: Final = 1.0
_LOOK_EVERY_S: Final = 1.0
_NOTE_EVERY_S: Final = 5.0
"""So often the book notes how far it has got while nothing happens."""

_log = structlog.get_logger(__name__)


class Folding:
    """`start` it once the process leads; `stop` ends it between two commits."""

    def __init__(
        self,
        settings: KafkaSettings,
        place: BookPlace,
        targets: Sequence[Target],
        versions: Versions,
        clock: Clock,
        on_commit: Callable[[Committed], None],
        on_configured: Callable[[Configured], None],
    ) -> None:
        """`on_commit` hears of every commit, `on_configured` of every configuration that comes into force; both on
        this thread. They must not block.
        """
        self._settings = settings
        self._place = place
        self._targets = tuple(targets)
        self._versions = versions
        self._clock = clock
        self._on_commit = on_commit
        self._on_configured = on_configured
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._guarded, name="folding", daemon=True)
        self._end: Position = 0
        self._told: Configured | None = None
        self._topic = Topics.of(settings).steps
        self._unfit: set[Position] = set()
        self._singly_to: Position = -1
        self._letters: DeadLetters
        self.ended = threading.Event()
        self.trouble = ""
        """Why nothing is folded any more; empty while all is well."""
        self.fenced = False
        """Another notifier has taken the lead."""
        self.waiting = ""
        """What it waits for just now, such as the database."""
        self.position: Position = 0
        """All records before this are in the book, or change nothing in it."""
        self.committed_s: float | None = None
        """When the book was last written, by the monotonic clock."""
        self.heard_s = clock.monotonic_s()
        """When the last record of a worker came, by the monotonic clock; at first the start."""
        self.clock_ms = 0
        """The book's clock."""
        self.told_ms = 0
        """The latest that a shard has told; at first the book's clock."""
        self.dead_letters = 0
        self.again = 0
        """Records of logs that were decided twice, passed over."""
        self.clocks: dict[int, int] = {}
        """The clock of each shard, as far as it has told since the start."""

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Whether it ended in time."""
        self._stopping.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def lag(self) -> int:
        """Records (and markers of transactions) of `steps` that are not in the book, as far as was heard. From any
        thread.
        """
        return max(0, self._end - self.position)

    def _guarded(self) -> None:
        try:
            self._keep_on()
        except FencedError:
            self.fenced = True
        except Exception as error:
            self.trouble = f"{type(error).__name__}: {error}"
            _log.exception("folding_broken")
        finally:
            self.ended.set()

    def _keep_on(self) -> None:
        """Begin anew from where the book is, whenever something was not to be had or could not be taken."""
        self._letters = DeadLetters(self._settings)
        reader = StepsReader(self._settings, self._poison)
        try:
            while not self._stopping.is_set():
                try:
                    self._from_the_book_on(reader)
                except _NotTakenError:
                    continue
                except (*TRY_AGAIN, BookError, LookupError, KafkaClientError) as error:
                    if isinstance(error, KafkaClientError) and not error.retry:
                        raise
                    self.waiting = str(error)
                    _log.error("folding_waits", error=str(error))
                    self._stopping.wait(_RETRY_S)
        finally:
            reader.close()
            self._letters.close()

    def _poison(self, poison: Poison) -> None:
        self.dead_letters += 1
        self._letters(poison)

    def _from_the_book_on(self, reader: StepsReader) -> None:
        book = AlarmBook.open_for_writing(self._place, self._targets)
        try:
            reached = load_reached(book.connection)
            folder = _Folder(book, Projection(self._version, reached), reached, self._committed)
            self.position, self.clock_ms, self.waiting = book.position, reached.clock_ms, ""
            self.told_ms = self.told_ms or reached.clock_ms
            self._tell(folder.projection.configured)
            reader.seek(book.position)
            noted_s = looked_s = self._clock.monotonic_s()
            while not self._stopping.is_set():
                records = [one for one in reader.poll(_POLL_S) if one[0] not in self._unfit]
                self._fold(folder, records)
                self.position, self.clock_ms = reader.next, folder.projection.reached.clock_ms
                self._tell(folder.projection.configured)
                if self._clock.monotonic_s() - looked_s >= _LOOK_EVERY_S:
                    self._look(reader)
                    looked_s = self._clock.monotonic_s()
                if self._clock.monotonic_s() - noted_s >= _NOTE_EVERY_S:
                    folder.note()
                    noted_s = self._clock.monotonic_s()
        finally:
            book.close()

    def _look(self, reader: StepsReader) -> None:
        """Where the topic ends. While Kafka is away, that is not known."""
        with suppress(KafkaClientError):
            self._end = reader.end()

    def _fold(self, folder: "_Folder", records: Sequence[Numbered]) -> None:
        """One record that the book can't take must not keep the others from it: it is kept aside and passed over."""
        for _, steps in records:
            if steps.shard != NOTIFIER:
                self.clocks[steps.shard] = max(steps.clock_ms, self.clocks.get(steps.shard, 0))
                self.told_ms = max(self.told_ms, steps.clock_ms)
                self.heard_s = self._clock.monotonic_s()
        groups = [records] if not records or records[-1][0] > self._singly_to else [[one] for one in records]
        for group in groups:
            try:
                self.again += folder.take(group)
            except (*DATABASE_ERRORS, BookError, LookupError, KafkaClientError):
                raise
            except Exception as error:
                if len(group) > 1:
                    self._singly_to = group[-1][0]
                else:
                    position, steps = group[0]
                    self._unfit.add(position)
                    reason = f"the alarm book can't take it: {type(error).__name__}: {error}"
                    self._poison(Poison(LogPlace(self._topic, 0), position, reason, None, encode_steps(steps)))
                _log.exception("steps_not_taken", first=group[0][0], count=len(group))
                raise _NotTakenError from error

    def _version(self, number: int) -> Configured:
        """Versions were put into their topic before a shard could switch to them: what is not known yet is there."""
        latest = self._versions.latest
        if latest is None or latest.number < number:
            self._versions.refresh(_RETRY_S)
        return self._versions.get(number)

    def _committed(self, committed: Committed) -> None:
        self.committed_s = self._clock.monotonic_s()
        self._on_commit(committed)

    def _tell(self, configured: Configured | None) -> None:
        if configured is not None and configured is not self._told:
            self._told = configured
            self._on_configured(configured)


class _NotTakenError(Exception):
    """The book could not take some record; it is to be gone about in another way."""


class _Folder:
    """From one opening of the book to the next."""

    def __init__(
        self, book: AlarmBook, projection: Projection, saved: Reached, committed: Callable[[Committed], None]
    ) -> None:
        self.projection = projection
        self._book = book
        self._saved = saved
        self._committed = committed
        self._quiet: Piece | None = None
        """What was taken last, where it changed nothing that would have to be written."""

    def take(self, records: Sequence[Numbered]) -> int:
        """Into the book; returns how many of them were in already."""
        again = 0
        for piece in self.projection.take(records):
            again += piece.again
            if piece.commit.steps or self._has_to(piece):
                self._commit(piece)
            else:
                self._quiet = piece
        return again

    def note(self) -> None:
        """Write down how far things have got, so that a restart need not read all of it again."""
        if self._quiet is not None and not self._has_to(self._quiet):
            self._commit(self._quiet)

    def _has_to(self, piece: Piece) -> bool:
        return self._book.has_to(piece.commit.ground, piece.commit.clock_ms)

    def _commit(self, piece: Piece) -> None:
        committed = self._book.commit(*piece.commit, beside=partial(save, self._saved, piece))
        self._saved, self._quiet = piece.reached, None
        self._committed(committed)
