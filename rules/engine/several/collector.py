"""Notes what happens to points and levels that rules over several points look at, while the groups take entries in."""

from collections.abc import Sequence

import numpy as np

from rules.engine.columns import I64, NEVER_MS, Bool, Index
from rules.engine.points import PointState, Rows
from rules.engine.series import Series
from rules.engine.several.happenings import PointReadings, SourceChanges
from rules.engine.several.layout import Layout


class Collector:
    """Usable readings, and when points become unknown and known.

    known         by looked-at point: whether it is known by now (an instant may be open still)
    silent        whether it is silent by now; what is neither is waited for
    run           the number of the run of entries that is being taken in
    _quiet_until  no point can become silent while the clock is not beyond this
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.known: Bool = np.zeros(len(layout.points), dtype=np.bool_)
        self.silent: Bool = np.zeros(len(layout.points), dtype=np.bool_)
        self.readings: list[PointReadings] = []
        self.sources: list[SourceChanges] = []
        self._shortest_ms = int(layout.silent_ms.min())
        self._quiet_until = -NEVER_MS
        self._since: I64 | None = None
        self.run = 0
        self._of_run: list[PointReadings] = []

    def refresh(self) -> None:
        """What is derived was set from outside, or silence begins anew somewhere."""
        self._quiet_until = -NEVER_MS

    def begin(self, times: Sequence[int], points: PointState) -> None:
        """A run of entries begins; `times` are their received_at. A point may be heard in it and silent again."""
        self.run += 1
        if times[-1] > self._quiet_until or times[-1] - times[0] > self._shortest_ms:
            self._since = points.heard_usable[self._layout.points]

    def take(self, usable: Rows) -> None:
        """Usable rows, those of one point in their order."""
        point = self._layout.watched.take(usable.point)
        keep = point >= 0
        if keep.all():
            self._note_readings(point, usable)
        elif keep.any():
            self._note_readings(point[keep], usable.select(keep))

    def device_down(self, point: Index, received_at_ms: int) -> None:
        """Points whose device is dead are silent at once; a run of its own."""
        self.run += 1
        at = self._layout.watched[point]
        at = at[at >= 0]
        at = at[~self.silent[at]]
        now = np.full(len(at), received_at_ms)
        self._note(at, now, np.zeros(len(at), dtype=np.bool_), now)
        self.known[at], self.silent[at] = False, True

    def end(self, times: Sequence[int], points: PointState) -> None:
        """The run is over; `times` are its entries' received_at."""
        run = PointReadings.joined(self._of_run) if self._of_run else PointReadings.none()
        self._of_run = []
        if len(run):
            self.readings.append(run)
        silent_ms, clock = self._layout.silent_ms, times[-1]
        doubtful = ~self.known
        if self._since is not None:
            doubtful |= self._since + silent_ms < clock
        some = doubtful.take(run.point)
        if some.any() or (self._since is not None and doubtful.any()):
            self._cross(run.select(some), doubtful, np.array(times, dtype=np.int64))
        if self._since is not None:
            heard = (~self.silent).nonzero()[0]
            due = points.heard_usable[self._layout.points[heard]] + silent_ms[heard]
            self._quiet_until = int(due.min()) if len(due) else NEVER_MS
            self._since = None

    def _cross(self, readings: PointReadings, doubtful: Bool, times: I64) -> None:
        """Between which readings points became silent, and which readings made them known."""
        order = np.argsort(readings.point, kind="stable")
        readings = readings.select(order)
        series = Series.of_keys(readings.point)
        point, silent_ms = series.first(readings.point), self._layout.silent_ms
        yes = np.ones(len(readings), dtype=np.bool_)
        known, heard = series.before(yes, self.known[point]), series.before(yes, ~self.silent[point])
        after_ms = silent_ms[readings.point]
        if self._since is None:
            due = np.full(len(readings), NEVER_MS)
        else:
            due = series.before(readings.received, self._since[point]) + after_ms
        crossed = heard & (due < readings.received)
        wakes = crossed | ~known
        # A wake comes after the silence that it ends.
        row = np.concatenate([crossed.nonzero()[0], wakes.nonzero()[0]])
        woken = np.arange(len(row)) >= np.count_nonzero(crossed)
        order = np.lexsort((woken, row))
        row, woken = row[order], woken[order]
        t = np.where(woken, readings.t[row], due[row])
        # Silence is told as soon as the clock is beyond it.
        passed = times[np.minimum(np.searchsorted(times, t, side="right"), len(times) - 1)]
        self._note(readings.point[row], t, woken, np.where(woken, readings.received[row], passed))
        if wakes.any():
            self._quiet_until = min(self._quiet_until, int((readings.received + after_ms)[wakes].min()))
        self.known[point], self.silent[point] = True, False
        if self._since is not None:
            since = self._since
            since[point] = series.final(readings.received)
            silent = np.flatnonzero(~self.silent & doubtful & (since + silent_ms < times[-1]))
            due, no = since[silent] + silent_ms[silent], np.zeros(len(silent), dtype=np.bool_)
            self._note(silent, due, no, times[np.searchsorted(times, due, side="right")])
            self.known[silent], self.silent[silent] = False, True

    def _note_readings(self, point: Index, usable: Rows) -> None:
        run = np.full(len(point), self.run)
        self._of_run.append(PointReadings(point, usable.t, usable.value, usable.received, run))

    def _note(self, point: Index, t: I64, known: Bool, received: I64) -> None:
        if len(point):
            self.sources.append(SourceChanges(point, t, known, ~known, received, np.full(len(point), self.run)))
