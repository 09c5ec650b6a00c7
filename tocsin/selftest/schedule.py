"""When a self-test is due, and since when a good one is missing (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Schedule:
    """Times of the day (`at`, HH:MM in `zone`), or a period. All times are ms since the epoch."""

    zone: str
    at: tuple[str, ...] = ()
    every_ms: int | None = None

    def next_after(self, now_ms: int) -> int:
        """The first due time after `now_ms`; with a period, `now_ms` is when the last run began.

        A time of the day that the change to summer time leaves out comes as much later as the clocks go on; one that
        there is twice, the first time.
        """
        if self.every_ms is not None:
            return now_ms + self.every_ms
        zone = ZoneInfo(self.zone)
        today = datetime.fromtimestamp(now_ms / 1000, zone).date()
        days = [today + timedelta(days=n) for n in range(3)]
        return min(due for day in days for due in _dues(day, self.at, zone) if due > now_ms)


@dataclass(frozen=True, slots=True)
class Runs:
    """What is known of the runs so far. `since_ms` is when the schedule was first heard of."""

    since_ms: int
    last_begun_ms: int | None = None
    last_was_good: bool = False
    last_good_begun_ms: int | None = None


def due_at(runs: Runs, schedule: Schedule, retry_ms: int) -> int:
    """When the next run is due: by the schedule, or `retry_ms` after one that was not good. May have passed."""
    if runs.last_begun_ms is None:
        return schedule.next_after(runs.since_ms)
    due = schedule.next_after(runs.last_begun_ms)
    return due if runs.last_was_good else min(due, runs.last_begun_ms + retry_ms)


def missed_at(runs: Runs, schedule: Schedule, late_ms: int) -> int:
    """From when on a good run is missing, whoever is to blame, unless one begins before."""
    begun = runs.last_good_begun_ms
    return schedule.next_after(runs.since_ms if begun is None else begun) + late_ms


def _dues(day: date, at: Sequence[str], zone: ZoneInfo) -> list[int]:
    moments = [datetime.combine(day, time.fromisoformat(text), zone) for text in at]
    return [round(moment.astimezone(UTC).timestamp() * 1000) for moment in moments]
