"""One shard in this process, on a thread of its own, until it is let go or somebody takes over."""

import threading
from collections.abc import Callable
from typing import Literal

import structlog

from tocsin.clock import Clock
from tocsin.kafka.errors import FencedError, KafkaClientError, KafkaRefusedError
from tocsin.kafka.partition_log import PartitionLog, Poison
from tocsin.kafka.topics import Shard, Topics
from tocsin.settings.kafka import KafkaSettings
from tocsin.worker.checkpointing import Checkpointing
from tocsin.worker.deciding import Deciding
from tocsin.worker.divisions import Divisions
from tocsin.worker.inbox import Inbox, Record
from tocsin.worker.metrics import WorkerMetrics
from tocsin.worker.restoring import restore
from tocsin.worker.written import Writer

Why = Literal["", "stopped", "fenced", "kafka", "broken"]

_log = structlog.get_logger(__name__)


class _LetGoError(Exception):
    """The shard was let go while it was being restored."""


class ShardRunner:
    """Runs from `start` until `stop`, or until it ends by itself; `on_end` is then called on its thread.

    restored  whether it has caught up with what its log held when it began
    why       why it ended: stopped; fenced (somebody took over); kafka (Kafka could not be asked: try again); broken
              (nothing that another try would mend: `trouble` says what)
    """

    def __init__(
        self,
        settings: KafkaSettings,
        shard: Shard,
        divisions: Divisions,
        clock: Clock,
        metrics: WorkerMetrics,
        on_live: Callable[["ShardRunner"], None],
        on_end: Callable[["ShardRunner"], None],
    ) -> None:
        """`on_live` is called on its thread when the stream is to deliver from `next` on."""
        self.shard = shard
        self.place = Topics.of(settings).log_of(shard)
        self.restored = False
        self.why: Why = ""
        self.trouble = ""
        self._settings = settings
        self._divisions = divisions
        self._clock = clock
        self._metrics = metrics
        self._on_live, self._on_end = on_live, on_end
        self._inbox = Inbox()
        self._deciding: Deciding | None = None
        self._delivered = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"shard-{shard}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let the shard go, after what is being written. Does not wait."""
        self._stopping.set()
        self._inbox.end()

    def join(self, timeout_s: float) -> bool:
        """Whether it has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def deliver(self, record: Record) -> bool:
        """Take a record of the stream; False where there is no room, and the stream is to pause. From any thread."""
        self._delivered = max(self._delivered, record.offset + 1)
        return self._inbox.put(record)

    @property
    def next(self) -> int:
        """The offset of the entry to decide next."""
        return self._deciding.fold.next if self._deciding is not None else 0

    @property
    def lag_records(self) -> int:
        """Entries that were heard of and are not decided."""
        if self._deciding is None:
            return 0
        return max(0, max(self._deciding.end, self._delivered) - self._deciding.fold.next)

    @property
    def last_ms(self) -> int | None:
        """The time of the last entry that was decided."""
        return self._deciding.fold.last_ms if self._deciding is not None else None

    def _run(self) -> None:
        try:
            with Writer(self._settings, self.shard, self._stopping) as writer:
                self._decide(writer)
            self.why = "stopped"
        except _LetGoError:
            self.why = "stopped"
        except FencedError as error:
            self.why = "fenced"
            _log.warning("shard_taken_over", shard=self.shard, reason=str(error))
        except KafkaClientError as error:
            # A client that has just been made takes topics for missing while no broker answers: they were there.
            for_good = isinstance(error, KafkaRefusedError)
            self.why = "stopped" if self._stopping.is_set() else "broken" if for_good else "kafka"
            self.trouble = str(error) if self.why == "broken" else ""
            _log.warning("shard_without_kafka", shard=self.shard, why=self.why, error=str(error))
        except Exception as error:
            self.why = "broken"
            self.trouble = f"shard {self.shard}, entry {self.next}: {type(error).__name__}: {error}"
            _log.exception("shard_broken", shard=self.shard, next=self.next)
        finally:
            self.restored = False
            self._metrics.ended.labels(self.why or "broken").inc()
            self._on_end(self)

    def _decide(self, writer: Writer) -> None:
        begun_s = self._clock.monotonic_s()
        dead: list[Poison] = []
        with PartitionLog(self._settings, self.place, on_poison=dead.append) as log:
            fold, serial, folded = restore(
                self._settings, self.shard, self._divisions, log, writer, self._check_stopping
            )
            dead.clear()  # These were set aside when they were decided first.
            kafka = self._settings
            made = Checkpointing(kafka.partitions, kafka.checkpoint_s, serial, self._clock, self._metrics)
            deciding = Deciding(fold, log, writer, made, self._metrics, dead, self._stopping.is_set, self._clock)
            self._deciding = deciding
            deciding.catch_up()
            took_s = self._clock.monotonic_s() - begun_s
            self._metrics.takeover_s.observe(took_s)
            self.restored = not self._stopping.is_set()
            _log.info("shard_restored", shard=self.shard, folded=folded, next=fold.next, took_s=round(took_s, 3))
            while not self._stopping.is_set():
                if not self._inbox.is_open:
                    deciding.catch_up()
                    self._inbox.reopen()
                    self._on_live(self)
                    # What was written between the last look and the stream's first record.
                    deciding.catch_up()
                if not deciding.take_live(self._inbox):
                    _log.warning("stream_was_silent", shard=self.shard, next=fold.next)
                    self._on_live(self)
            deciding.leave()

    def _check_stopping(self) -> None:
        if self._stopping.is_set():
            raise _LetGoError
