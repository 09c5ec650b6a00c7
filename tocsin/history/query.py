"""What a trend is, and the port that draws one: from InfluxDB, or from the journal where there is none."""

from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

Resolution = Literal["raw", "minute", "hour"]
"""From which of the stored series a trend was made."""

Source = Literal["influx", "journal"]

MOST_POINTS: Final = 20_000
"""No trend has more rows than this, whatever is asked for."""


@dataclass(frozen=True, slots=True)
class Trend:
    """One point over [from_ms, to_ms) as columns of equal length, in order of time; values in the point's unit.

    A row is one reading where `step_ms` is 0, else what was read within [at_ms, at_ms + step_ms). A gap is one row of
    None in `low`, `mean`, `high` and `last`: a line that is drawn through the others must break there.
    """

    point: str
    from_ms: int
    to_ms: int
    resolution: Resolution
    step_ms: int
    source: Source
    at_ms: list[int] = field(default_factory=list)
    low: list[float | None] = field(default_factory=list)
    mean: list[float | None] = field(default_factory=list)
    high: list[float | None] = field(default_factory=list)
    last: list[float | None] = field(default_factory=list)
    bad: list[float] = field(default_factory=list)
    """The share of bad readings in the row, 0 to 1; bad values are in none of the other columns."""
    cut_at_ms: int | None = None
    """Where less than was asked for could be read: the row's columns begin here, what lies before is not shown."""
    note: str = ""
    """Why it is less than was asked for, or from another source than usual; one sentence, English, may be shown."""

    def __len__(self) -> int:
        return len(self.at_ms)


class TrendError(Exception):
    """No trend can be had at present; the message says why. Asking later can help."""


class Trends(Protocol):
    """Draws trends. May be asked from any thread; blocks for as long as its server or its disk needs."""

    def trend(self, point: str, from_ms: int, to_ms: int, most_points: int = 1000, gap_ms: int | None = None) -> Trend:
        """The readings of `point` taken in [from_ms, to_ms), in about `most_points` rows, at most twice as many.

        `gap_ms`: readings further apart than this have a gap between them (3 x period_s is usual; None for points
        that report on change, where a value holds until the next). An unknown point has no rows. TrendError where
        nobody can answer; ValueError where `to_ms` is not after `from_ms` or `most_points` < 2.
        """

    def close(self) -> None:
        """Free connections."""
