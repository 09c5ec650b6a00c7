"""What a sensor does wrong, applied after noise: the process itself is as it was."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Fault:
    """From `at_s` for `for_s` the point shows `value`; None: it sends nothing (dropout)."""

    at_s: float
    for_s: float
    value: float | None

    def active(self, t_s: NDArray[np.float64]) -> NDArray[np.bool_]:
        """At which of the instants the fault is there: from at_s on, its end excluded."""
        return (t_s >= self.at_s) & (t_s < self.at_s + self.for_s)
