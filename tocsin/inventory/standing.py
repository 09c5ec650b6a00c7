"""Which devices report, are silent, or were never seen, as of one instant."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from tocsin.inventory.device_table import I64, Bool, DeviceTable
from tocsin.inventory.health import NOT_HEARD
from tocsin.inventory.seen import Seen


class State(StrEnum):
    REPORTING = "reporting"
    SILENT = "silent"
    NEVER = "never"


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """By device: whether a point shows it online, whether one was ever heard; how many points do, of how many."""

    reporting: Bool
    heard: Bool
    reporting_points: I64
    points: I64

    def state(self, device: int) -> State:
        if self.reporting[device]:
            return State.REPORTING
        return State.SILENT if self.heard[device] else State.NEVER


def stand(table: DeviceTable, seen: Seen) -> Standing:
    """Judge every device by the readings of its points (docs/reference/devices.md)."""
    at = table.points
    n = len(table)
    device = table.device[at]
    heard = seen.heard_ms[at] != NOT_HEARD
    shows = heard & (seen.down[at] == 0)
    shows &= np.where(table.forever[at], seen.source_up[at], seen.silence_ms[at] <= table.window_ms[at])
    reporting_points = np.bincount(device[shows], minlength=n)
    return Standing(
        reporting_points > 0,
        np.bincount(device[heard], minlength=n) > 0,
        reporting_points,
        np.bincount(device, minlength=n),
    )


def by_enterprise(table: DeviceTable, which: Bool | slice) -> dict[str, int]:
    """How many of these devices each enterprise has."""
    counts = np.bincount(table.enterprise[which], minlength=len(table.enterprises))
    return dict(zip(table.enterprises, counts.tolist(), strict=True))
