"""A well-mixed room into which gas is released."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Room:
    """A room of `volume_m3`, aired `air_changes_h` times an hour; from `fan_at` (volume fraction) on by the fan too."""

    volume_m3: float
    air_changes_h: float
    fan_at: float = math.inf
    fan_air_changes_h: float = 0.0

    @property
    def airing_m3_s(self) -> float:
        """The ventilation's volume flow Q."""
        return self.volume_m3 * self.air_changes_h / 3600.0


def steady_fraction(release_m3_s: float, airing_m3_s: float) -> float:
    """The volume fraction in the end: release / ventilation, the release itself counted in what leaves the room."""
    return release_m3_s / (release_m3_s + airing_m3_s)


def fractions(room: Room, release_m3_s: float, for_s: float, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """The volume fraction x of gas at `t_s` (from 0, in equal steps), released from 0 to `for_s`.

    V dx/dt = G - (G + Q) x (well-mixed mass balance, ACGIH, Industrial Ventilation, chapter on dilution ventilation;
    what flows in, G, drives as much out), solved exactly over each step, within which G and Q are constant.
    """
    x, fan = 0.0, False
    found = np.empty(len(t_s))
    step_s = float(t_s[1] - t_s[0]) if len(t_s) > 1 else 0.0
    for i, t in enumerate(t_s.tolist()):
        found[i] = x
        fan = fan or x >= room.fan_at
        airing = room.airing_m3_s + (room.volume_m3 * room.fan_air_changes_h / 3600.0 if fan else 0.0)
        on_s = min(max(for_s - t, 0.0), step_s)
        for span_s, release in ((on_s, release_m3_s), (step_s - on_s, 0.0)):
            out = airing + release
            if span_s > 0.0 and out > 0.0:
                end = release / out
                x = end + (x - end) * math.exp(-out * span_s / room.volume_m3)
    return found
