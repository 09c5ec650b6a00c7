"""What metrics and health are told of the running service."""

from collections.abc import Callable, Sequence
from typing import Protocol

from ingest.quarantine import Quarantine
from tocsin.book import BookReader, Outbox
from tocsin.clock import Clock
from tocsin.database import Place
from tocsin.followers.status import FollowerStatus
from tocsin.observe.followers import follower_check, watch_follower
from tocsin.observe.health import Check, Health, Matters, judge
from tocsin.observe.metrics import Metrics
from tocsin.runtime.core import Core
from tocsin.runtime.intake import Intake
from tocsin.runtime.pipeline import Pipeline

_FLAGS = ("late", "duplicate", "ahead", "skewed", "bad", "over_range", "under_range")

_SLOW_S = 5.0
"""A message older than this that is not acknowledged is a fault."""


class Follower(Protocol):
    """One of tocsin.runtime.history."""

    @property
    def name(self) -> str: ...

    def status(self) -> FollowerStatus: ...


class Vitals:
    """Reads the parts from other threads: single attributes only, nothing is changed."""

    def __init__(
        self,
        core: Core,
        pipeline: Pipeline,
        intakes: Sequence[Intake],
        followers: Sequence[Follower],
        quarantine: Quarantine,
        clock: Clock,
    ) -> None:
        self._core = core
        self._pipeline = pipeline
        self._intakes = intakes
        self._followers = followers
        self._quarantine = quarantine
        self._clock = clock
        self._book: Place | None = None
        self.beside: list[Callable[[], Sequence[Check]]] = []
        """Others that have checks to add."""

    def watch(self, metrics: Metrics, book: Place, targets: Sequence[str]) -> None:
        """Register everything that is read when Prometheus asks."""
        self._book = book
        core, pipeline, intakes = self._core, self._pipeline, self._intakes
        metrics.watch("tocsin_source_connected", lambda: {intake.name: intake.connected for intake in intakes})
        metrics.watch("tocsin_unacknowledged_age_seconds", self._oldest_s)
        metrics.watch("tocsin_unacknowledged_messages", lambda: sum(intake.unacknowledged for intake in intakes))
        metrics.watch("tocsin_quarantined_total", lambda: dict(self._quarantine.counts))
        metrics.watch("tocsin_readings_flagged_total", self._flagged)
        metrics.watch("tocsin_log_entries", lambda: core.journal.end)
        metrics.watch("tocsin_engine_lag_entries", lambda: core.journal.end - core.decided)
        metrics.watch("tocsin_exposure_incomplete", lambda: core.fold.engine.exposure_incomplete())
        metrics.watch("tocsin_journal_bytes", core.journal.size_bytes)
        metrics.watch("tocsin_disk_full", lambda: pipeline.disk_full)
        metrics.watch("tocsin_alarms", lambda: _open_alarms(book))
        metrics.watch("tocsin_outbox_pending", lambda: {t: due for t, (due, _) in _backlog(book, targets).items()})
        metrics.watch("tocsin_outbox_dead", lambda: {t: dead for t, (_, dead) in _backlog(book, targets).items()})
        for follower in self._followers:
            watch_follower(metrics, follower.name, follower.status)

    def health(self) -> Health:
        """Alive, ready, and why not."""
        pipeline = self._pipeline
        oldest_s = self._oldest_s()
        checks = [
            Check("pipeline", not pipeline.trouble, pipeline.trouble, Matters.LIVE),
            Check("disk", not pipeline.disk_full, "no room: nothing is acknowledged until there is"),
            Check("acknowledging", oldest_s < _SLOW_S, f"the oldest message waits for {oldest_s:.0f} s"),
        ]
        checks += [Check(f"source {i.name}", i.connected, i.reason) for i in self._intakes]
        checks += [follower_check(follower.name, follower.status()) for follower in self._followers]
        checks += [check for given in self.beside for check in given()]
        return judge(checks)

    def sources(self) -> dict[str, bool]:
        """Of each source, whether it is connected."""
        return {intake.name: intake.connected for intake in self._intakes}

    def figures(self) -> dict[str, int | float]:
        """What history keeps of the service itself (docs/reference/influxdb.md, `tocsin`). From any thread."""
        core, statuses = self._core, {follower.name: follower.status() for follower in self._followers}
        figures: dict[str, int | float] = {
            "log_entries": core.journal.end,
            "journal_bytes": core.journal.size_bytes(),
            "engine_lag_entries": core.journal.end - core.decided,
            "unacknowledged": sum(intake.unacknowledged for intake in self._intakes),
            "unacknowledged_age_s": self._oldest_s(),
            "quarantined": sum(self._quarantine.counts.values()),
            "history_rejected": sum(status.rejected for status in statuses.values()),
            "history_lost": sum(status.lost_entries for status in statuses.values()),
        }
        if self._book is not None:
            figures["alarms"] = int(sum(_open_alarms(self._book).values()))
        for name, field in (("influx", "history_lag_s"), ("rollups", "rollup_lag_s")):
            if name in statuses:
                figures[field] = statuses[name].lag_s
        if "influx" in statuses:
            figures["readings"] = statuses["influx"].readings
        return figures

    def _oldest_s(self) -> float:
        came = [ms for intake in self._intakes if (ms := intake.oldest_unacknowledged_ms) is not None]
        return max(0.0, (self._clock.now_ms() - min(came)) / 1000) if came else 0.0

    def _flagged(self) -> dict[str, float]:
        counters = self._core.fold.engine.points.counters
        return {flag: float(counters[flag].sum()) for flag in _FLAGS}


def _open_alarms(book: Place) -> dict[tuple[str, str], float]:
    reader = BookReader.open_for_reading(book)
    try:
        return {(str(state), severity): n for (state, severity), n in reader.open_counts().items()}
    finally:
        reader.close()


def _backlog(book: Place, targets: Sequence[str]) -> dict[str, tuple[float, float]]:
    outbox = Outbox.open_for_reading(book)
    try:
        nothing = dict.fromkeys(targets, (0.0, 0.0))
        return nothing | {target: (b.due, b.dead) for target, b in outbox.backlog().items()}
    finally:
        outbox.close()
