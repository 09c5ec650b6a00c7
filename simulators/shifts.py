"""Shifts: who is at work when, and how much dust, people and permits that makes."""

from dataclasses import dataclass
from typing import Annotated, Final, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, StringConstraints, model_validator

from simulators.model import Model

DAY_S: Final = 86_400.0
Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]


def seconds_of(clock: str) -> float:
    """Seconds after midnight of `HH:MM`."""
    return 3600.0 * int(clock[:2]) + 60.0 * int(clock[3:])


class Shift(Model):
    """One shift of a day. A shift over midnight is written as two."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    begins: Annotated[Clock, Field(alias="from")]
    ends: Annotated[Clock, Field(alias="to")]
    load: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Production and people, as a part of full."""

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if seconds_of(self.ends) <= seconds_of(self.begins):
            raise ValueError(f"from {self.begins} is not before to {self.ends}; write a shift over midnight as two")
        return self


class Schedule(Model):
    """When people work and permits are given."""

    shifts: tuple[Shift, ...] = (
        Shift(begins="00:00", ends="08:00", load=0.6),
        Shift(begins="08:00", ends="16:00", load=1.0),
        Shift(begins="16:00", ends="24:00", load=0.8),
    )
    permits_a_day: Annotated[float, Field(ge=0, le=1)] = 0.3
    """On which part of the days a work permit is open, two hours within the busiest shift."""

    @model_validator(mode="after")
    def _apart(self) -> Self:
        ends = 0.0
        for shift in sorted(self.shifts, key=lambda s: s.begins):
            if seconds_of(shift.begins) < ends:
                raise ValueError(f"two shifts overlap at {shift.begins}")
            ends = seconds_of(shift.ends)
        return self


@dataclass(frozen=True, slots=True)
class Work:
    """The load as a function of time: piecewise constant over the day, 0 outside all shifts."""

    edges_s: NDArray[np.float64]
    """Instants of the day at which the load changes, the first one 0, the last one a day."""
    load: NDArray[np.float64]
    """The load after each edge but the last."""
    day_s: float
    """The time of day at the scenario's start."""
    permits_a_day: float
    busiest_s: float
    """When the busiest shift begins."""

    def load_at(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """The load 0 to 1 at `t_s` seconds after the start."""
        place = np.searchsorted(self.edges_s, np.mod(t_s + self.day_s, DAY_S), side="right") - 1
        return self.load[np.clip(place, 0, len(self.load) - 1)]

    def worked_s(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """The integral of the load from the midnight before the start, in seconds of full load."""
        sums = np.concatenate(([0.0], np.cumsum(np.diff(self.edges_s) * self.load)))
        days, rest = np.divmod(t_s + self.day_s, DAY_S)
        return np.asarray(days * sums[-1] + np.interp(rest, self.edges_s, sums))


def work_of(schedule: Schedule, day_s: float) -> Work:
    """A schedule as a function of time."""
    edges = {0.0, DAY_S} | {seconds_of(v) for s in schedule.shifts for v in (s.begins, s.ends)}
    ordered = sorted(edges)
    load = [
        next((s.load for s in schedule.shifts if seconds_of(s.begins) <= edge < seconds_of(s.ends)), 0.0)
        for edge in ordered[:-1]
    ]
    busiest = max(schedule.shifts, key=lambda s: s.load, default=None)
    begins = seconds_of(busiest.begins) if busiest else 0.0
    return Work(np.array(ordered), np.array(load), day_s, schedule.permits_a_day, begins)
