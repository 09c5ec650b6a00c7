"""What figures are made of: alarms as columns, and the period they are looked at in."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

NEVER: Final = -1
"""The time of what has not happened."""

SEVERITIES: Final = ("red", "orange", "yellow", "blue")
"""The worst first. A severity that nobody knows counts as red."""


@dataclass(frozen=True, slots=True, eq=False)
class Alarms:
    """Columns of one length. Times are ms since the epoch; rule, source and enterprise are numbers from 0 on.

    raised_at        when the condition came on, by the readings
    received_at      the engine's clock when that came to be known
    cleared_at       when the condition ended; NEVER: it is still on
    acknowledged_at  the first acknowledgement that counts; NEVER
    answered_at      the first by the enterprise while the alarm was red and the centre had yet to; NEVER
    by_enterprise    the enterprise acknowledged, not the centre
    waiting          nobody has acknowledged it as it stands
    historical       it came to be known late
    severity         index into SEVERITIES: the worst since it was raised
    source           rule, subject and side together
    """

    raised_at: I64
    received_at: I64
    cleared_at: I64
    acknowledged_at: I64
    answered_at: I64
    by_enterprise: Bool
    waiting: Bool
    historical: Bool
    severity: NDArray[Any]
    source: NDArray[Any]
    enterprise: NDArray[Any]

    def __len__(self) -> int:
        return len(self.raised_at)

    def where(self, which: Bool) -> "Alarms":
        """Only those rows."""
        return self if bool(which.all()) else Alarms(*(getattr(self, name)[which] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Period:
    """From `from_ms`, before `until_ms` (ms since the epoch). `days_ms` are where its days begin, the end last."""

    from_ms: int
    until_ms: int
    days_ms: tuple[int, ...]

    @property
    def days(self) -> float:
        """Its length in days of 24 hours."""
        return (self.until_ms - self.from_ms) / 86_400_000
