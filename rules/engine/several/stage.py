"""Closes instants: what was collected is put in order, and the rules over several points decide."""

from dataclasses import replace
from typing import Final, TypeVar

import numpy as np

from rules.conditions.expression import ExpressionGroup
from rules.conditions.gateway_down import GatewayDownGroup
from rules.conditions.sequence import SequenceGroup
from rules.conditions.vote import VoteGroup
from rules.engine.columns import I64, Index
from rules.engine.output import Output
from rules.engine.points import PointState
from rules.engine.series import Series
from rules.engine.several.collector import Collector
from rules.engine.several.group import Happened, SubjectGroup
from rules.engine.several.happenings import Columns, LevelChanges, PointReadings, SourceChanges
from rules.engine.several.layout import Layout
from rules.engine.several.moments import greatest
from rules.engine.several.recalled import Recalled
from rules.engine.several.standing import Standing
from rules.engine.watch import Watch

GROUPS: Final[dict[str, type[SubjectGroup]]] = {
    "vote": VoteGroup,
    "expression": ExpressionGroup,
    "sequence": SequenceGroup,
    "gateway_down": GatewayDownGroup,
}

C = TypeVar("C", bound=Columns)


class Stage:
    """Stands after the groups of an engine.

    collector, noted  what happened in instants that are not closed yet
    times             received_at of the entries since the last one that was closed
    recalled          what schedules look at in these; None where none of them has a formula
    """

    def __init__(self, layout: Layout, recalled: Recalled | None) -> None:
        self.layout, self.recalled = layout, recalled
        self.collector = Collector(layout)
        self.noted: list[LevelChanges] = []
        self.standing = Standing.of(layout)
        self.times: list[int] = []
        self.groups = [GROUPS[group.name.split(".")[0]](group) for group in layout.groups]
        for group in self.groups:
            streams = np.arange(group.layout.table.size) + group.layout.own_stream
            group.bank.alarms.watch = Watch(streams, self.noted)
            group.begin(self.standing)

    def begin(self, times: list[int], points: PointState) -> None:
        """A run of entries begins; `times` are their received_at."""
        self.times += times if not self.times or times[0] != self.times[-1] else times[1:]
        self.collector.begin(times, points)

    def taken(self, times: list[int]) -> None:
        """The run's readings were taken, and what schedules look at is still as in this run."""
        if self.recalled is not None:
            self.recalled.note(times[-1])

    def refresh(self) -> None:
        """Derive what is kept beside the state, after that was set from outside."""
        self.collector.refresh()
        if self.recalled is not None and self.times:
            self.recalled.restore(self.times[-1])
        for group in self.groups:
            group.begin(self.standing)
            if group.bank.due.size:
                group.bank.next_due_ms = int(group.bank.due.min())

    def close(self, out: Output, *, more: bool) -> None:
        """Decide the instants that are over: all so far, or with `more` all but the last one."""
        times = np.unique(np.array(self.times, dtype=np.int64))
        until = int(times[-1]) - int(more)
        self.times = [int(times[-1])] if more else []
        readings, self.collector.readings = _cut(self.collector.readings, PointReadings.none(), until)
        sources, self.collector.sources = _cut(self.collector.sources, SourceChanges.none(), until)
        levels, kept = _cut(self.noted, LevelChanges.none(), until)
        self.noted[:] = kept
        closed = times[times <= until]
        if not len(closed):
            return
        out.entry_times = closed.tolist()
        readings, sources = _after_silence(readings, sources)
        happened = Happened(readings, sources, self._in_order(levels))
        for group in self.groups:
            kept = self.noted[:]
            self.noted.clear()
            turned = group.take(happened, self.standing, out)
            group.run_timers(int(closed[-1]), out)
            own = self._in_order(LevelChanges.joined(self.noted)) if self.noted else LevelChanges.none()
            self.noted[:] = kept
            happened = Happened(
                readings,
                SourceChanges.joined([happened.sources, turned]) if len(turned) else happened.sources,
                LevelChanges.joined([happened.levels, own]) if len(own) else happened.levels,
            )
        self._remember(happened)
        if self.recalled is not None:
            self.recalled.forget(until)

    def _in_order(self, levels: LevelChanges) -> LevelChanges:
        """Changes alone, by stream, each at its time in its instant: never before an earlier one of its stream."""
        if not len(levels):
            return levels
        levels = levels.select(np.argsort(levels.stream, kind="stable"))
        series = Series.of_keys(levels.stream)
        levels = levels.select(
            levels.bits != series.before(levels.bits, self.standing.bits[series.first(levels.stream)])
        )
        if not len(levels):
            return levels
        series = Series.of_keys(_group(levels.stream, levels.received))
        t = greatest(series, levels.t, series.first(levels.t))
        return LevelChanges(levels.stream, t, levels.bits, levels.received)

    def _remember(self, happened: Happened) -> None:
        # Of several to one place the last one stays: each one's stand in order.
        standing, readings = self.standing, happened.readings
        standing.value[readings.point] = readings.value
        standing.known[happened.sources.source] = happened.sources.known
        standing.silent[happened.sources.source] = happened.sources.silent
        standing.bits[happened.levels.stream] = happened.levels.bits


def _cut(parts: list[C], none: C, until: int) -> tuple[C, list[C]]:
    """(what was received until then, the rest)."""
    if not parts:
        return none, []
    whole = type(none).joined(parts)
    over = whole.received <= until
    if over.all():
        return whole, []
    return whole.select(over), [whole.select(~over)]


def _after_silence(readings: PointReadings, sources: SourceChanges) -> tuple[PointReadings, SourceChanges]:
    """Of one point and instant nothing is taken before what had happened to it earlier."""
    if sources.known.all():
        return readings, sources
    lost = np.zeros(1 + max(int(sources.source.max()), int(readings.point.max(initial=0))), dtype=np.bool_)
    lost[sources.source[~sources.known]] = True
    change, reading = np.flatnonzero(lost[sources.source]), np.flatnonzero(lost[readings.point])
    point = np.concatenate([sources.source[change], readings.point[reading]])
    received = np.concatenate([sources.received[change], readings.received[reading]])
    run = np.concatenate([sources.run[change], readings.run[reading]])
    awake = np.concatenate([sources.known[change], np.ones(len(reading), dtype=np.bool_)])
    t = np.concatenate([sources.t[change], readings.t[reading]])
    order = np.lexsort((t, awake, run, received, point))
    series = Series.of_keys(_group(point[order], received[order]))
    ordered = t[order]
    t[order] = greatest(series, ordered, series.first(ordered))
    taken, changed = readings.t.copy(), sources.t.copy()
    changed[change], taken[reading] = t[: len(change)], t[len(change) :]
    return replace(readings, t=taken), replace(sources, t=changed)


def _group(key: Index, received: I64) -> Index:
    """A number for each (key, received), of rows where equal ones stand side by side."""
    changes = np.zeros(len(key), dtype=np.intp)
    changes[1:] = (key[1:] != key[:-1]) | (received[1:] != received[:-1])
    return np.cumsum(changes)
