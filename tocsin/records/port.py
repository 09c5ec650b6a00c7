"""The port: what screens, reports and commands ask of a site's records."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from plant.entries import Entry, Position
from plant.registry import PointRegistry
from tocsin.configuration import Configured
from tocsin.database import Place
from tocsin.inventory.seen import Seen
from tocsin.kafka.errors import KafkaClientError
from tocsin.log.errors import LogCorruptError
from tocsin.log.versions import Version
from tocsin.records.parts import LogPart
from tocsin.records.traced import Traced
from tocsin.runtime.control import Answer, AnyRequest

Advance = Callable[[float, float], None]


class NotInAClusterError(ValueError):
    """What was asked for needs the journal of one service; a cluster has none. The text is for people."""


class UnansweredError(TimeoutError):
    """It stands in the log, but nobody has said yet what came of it. The text is for people."""


UNREADABLE: Final = (OSError, ValueError, LookupError, LogCorruptError, KafkaClientError)
"""For `except`: what can't be read now."""


class Looked(NamedTuple):
    """What was heard of every point, the configuration in force then, and whether that is as of now.

    `live` is false where nobody told: then it is as of the log's last entry.
    """

    seen: Seen
    configured: Configured
    live: bool


class Tail(Protocol):
    """The newest entries of the log, or of all its parts. Use in one thread."""

    def poll(self) -> Sequence[Entry]:
        """What came since the last time, some at once; at first what came lately. UNREADABLE."""

    def clocks_ms(self) -> Mapping[str, int]:
        """The time of the newest entry of each part of the log, by what people call the part; 0: none yet."""

    def close(self) -> None: ...


class Probe(Protocol):
    """Asks the processes that decide and tell how they are. Use in one thread."""

    def ask(self) -> dict[str, Any] | None:
        """ready, reasons and checks, as /readyz has them (docs/reference/metrics.md); None where nobody answers."""

    def close(self) -> None: ...


class Records(Protocol):
    """Thread-safe. What can't be read now raises one of UNREADABLE."""

    @property
    def data(self) -> Path:
        """The folder of what this process keeps by itself, and of a service's all."""

    @property
    def book(self) -> Place:
        """The alarm book."""

    @property
    def exercise_book(self) -> Place | None:
        """That of exercises; None where none was held, or none can be."""

    def version(self) -> object:
        """Another value once another configuration is in force; cheap."""

    def configured(self) -> Configured:
        """The configuration in force."""

    def resolve(self, digest: str) -> Configured:
        """One that is or was in force."""

    def versions(self) -> list[Version]:
        """What was in force when, the oldest first."""

    def registry(self) -> PointRegistry:
        """Point numbers, at least those of all entries that were read before."""

    def past(self, first_ms: int | None, end_ms: int | None, advance: Advance) -> Iterator[Entry]:
        """Entries taken in within [first_ms, end_ms), in the order of time; None: as far as they are kept, and up to
        now. `advance(done, total)` is told how far it is.
        """

    def parts(self) -> AbstractContextManager[Sequence[LogPart]]:
        """The log as it is kept, in as many parts as it has; closed with the context. For one thread."""

    def trace(self, entries: Sequence[Position], stop: Position) -> AbstractContextManager[Traced]:
        """Where these entries of the alarm book's log, which has them up to `stop`, were decided; closed with the
        context. For one thread. LookupError where that can't be told.
        """

    def look(self, resolve: Callable[[str], Configured] | None = None) -> Looked:
        """What was heard of devices. `resolve` is for who has read configurations already. ConnectionError: the
        service would not tell; ValueError where the log is empty.
        """

    def tail(self) -> Tail:
        """A new one."""

    def ask(self, request: AnyRequest) -> Answer:
        """Have something done, and wait for the answer. NotRunningError: nobody is there to do it; UnansweredError."""

    def probe(self, listen: str) -> Probe:
        """A new one; `listen` is [http] listen of the settings."""

    def journal_folder(self, what: str) -> Path:
        """The data folder, for `what` needs its journal. NotInAClusterError where there is none."""
