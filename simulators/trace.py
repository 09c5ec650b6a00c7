"""Effects that have no closed form: stepped through once on a fixed grid, then looked up at any instant."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

MOST_STEPS: Final = 8_000
SHORTEST_STEP_S: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What is added to the undisturbed value, at equal steps from `at_s` on; nothing before and after.

    Because the grid begins with the incident and never with the span that is asked for, any span gives the same.
    """

    at_s: float
    step_s: float
    really: NDArray[np.float64]
    shown: NDArray[np.float64]

    def process(self, t_s: NDArray[np.float64], clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """What is there."""
        return clean + self._at(t_s, self.really)

    def seen(self, t_s: NDArray[np.float64], clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the instrument shows of it."""
        return clean + self._at(t_s, self.shown)

    def _at(self, t_s: NDArray[np.float64], value: NDArray[np.float64]) -> NDArray[np.float64]:
        place = np.arange(len(value)) * self.step_s
        return np.interp(t_s - self.at_s, place, value, left=0.0, right=0.0)


def grid(span_s: float) -> NDArray[np.float64]:
    """Instants from 0 to `span_s`, in equal steps, at most MOST_STEPS of them."""
    step_s = max(span_s / MOST_STEPS, SHORTEST_STEP_S)
    return np.arange(0.0, span_s + step_s, step_s)
