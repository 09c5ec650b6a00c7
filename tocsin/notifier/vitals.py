"""What metrics and health are told of a notifier."""

from typing import TYPE_CHECKING, Final, Literal

from tocsin.book import BookReader, Outbox
from tocsin.book.schema import BookPlace
from tocsin.clock import Clock
from tocsin.observe.health import Check, Health, Matters, judge
from tocsin.observe.metrics import Metrics

if TYPE_CHECKING:
    from tocsin.notifier.service import Reign

_BEHIND_S: Final = 10.0
"""Records that wait longer than this to be booked are a fault."""

_SILENT_S: Final = 15.0
"""The second stage hands its clock on each second: after this, workers, the bridge or Kafka stand still."""


class Vitals:
    """Reads the parts from other threads: single attributes only, nothing is changed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.role: Literal["starting", "standby", "active"] = "starting"
        self.waiting = ""
        """Why a standby could not lead if it had to."""
        self.reign: Reign | None = None
        self._behind_since_s: float | None = None

    def watch(self, metrics: Metrics, book: BookPlace) -> None:
        """Register everything that is read when Prometheus asks. What is in the book, the active one tells."""
        metrics.watch("tocsin_notifier_active", lambda: self.role == "active")
        metrics.watch("tocsin_notifier_lag_records", lambda: self._of("lag"))
        metrics.watch("tocsin_notifier_commit_age_seconds", self._age)
        metrics.watch("tocsin_notifier_dead_letters_total", lambda: self._of("dead"))
        metrics.watch("tocsin_shard_clock_age_seconds", self._clock_ages)
        metrics.watch("tocsin_alarms", lambda: _open_alarms(book) if self.reign is not None else {})
        metrics.watch("tocsin_outbox_pending", lambda: {t: due for t, (due, _) in self._backlog(book).items()})
        metrics.watch("tocsin_outbox_dead", lambda: {t: dead for t, (_, dead) in self._backlog(book).items()})

    def health(self) -> Health:
        """Alive, ready, and why not. A standby is ready when it could lead."""
        reign = self.reign
        checks = [Check("notifier", self.role != "starting", "not yet known who leads")]
        checks.append(Check("standby", not self.waiting or reign is not None, self.waiting))
        if reign is not None:
            folding = reign.folding
            checks.append(Check("folding", not folding.trouble, folding.trouble, Matters.LIVE))
            checks.append(Check("alarm book", not folding.waiting, folding.waiting))
            behind_s = self._behind_s()
            checks.append(Check("steps", behind_s < _BEHIND_S, f"the book is behind for {behind_s:.0f} s"))
            silent_s = self._clock.monotonic_s() - folding.heard_s
            silent = f"nothing has come from the workers for {silent_s:.0f} s"
            checks.append(Check("workers", silent_s < _SILENT_S, silent))
            checks += reign.upkeep.checks() if reign.upkeep is not None else []
        return judge(checks)

    def _behind_s(self) -> float:
        """For how long, over several looks, the book has been behind what the workers wrote."""
        now_s = self._clock.monotonic_s()
        if self.reign is None or not self.reign.folding.lag():
            self._behind_since_s = None
        elif self._behind_since_s is None:
            self._behind_since_s = now_s
        return 0.0 if self._behind_since_s is None else now_s - self._behind_since_s

    def _of(self, what: Literal["lag", "dead"]) -> dict[tuple[()], float]:
        reign = self.reign
        if reign is None:
            return {}
        return {(): reign.folding.lag() if what == "lag" else reign.folding.dead_letters}

    def _age(self) -> dict[tuple[()], float]:
        reign = self.reign
        if reign is None or reign.folding.committed_s is None:
            return {}
        return {(): self._clock.monotonic_s() - reign.folding.committed_s}

    def _clock_ages(self) -> dict[str, float]:
        reign, now_ms = self.reign, self._clock.now_ms()
        clocks = dict(reign.folding.clocks) if reign is not None else {}
        return {str(shard): (now_ms - clock_ms) / 1000 for shard, clock_ms in clocks.items()}

    def _backlog(self, book: BookPlace) -> dict[str, tuple[float, float]]:
        reign = self.reign
        if reign is None:
            return {}
        outbox = Outbox.open_for_reading(book)
        try:
            nothing = dict.fromkeys([channel.name for channel in reign.office.channels], (0.0, 0.0))
            return nothing | {target: (b.due, b.dead) for target, b in outbox.backlog().items()}
        finally:
            outbox.close()


def _open_alarms(book: BookPlace) -> dict[tuple[str, str], float]:
    reader = BookReader.open_for_reading(book)
    try:
        return {(str(state), severity): n for (state, severity), n in reader.open_counts().items()}
    finally:
        reader.close()
