"""What all groups over several points share: decisions at their times, delays, the degraded side."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rules.engine.bank import LevelBank
from rules.engine.columns import F64, I64, LONG_AGO_MS, Bool, Index
from rules.engine.gate import latch
from rules.engine.group import settle_one
from rules.engine.output import Deciding, Output
from rules.engine.points import Rows
from rules.engine.series import Series
from rules.engine.several.group_layout import GroupLayout
from rules.engine.several.happenings import Concern, LevelChanges, PointReadings, SourceChanges
from rules.engine.several.moments import Moments, greatest
from rules.engine.several.standing import Standing
from rules.engine.sides import SEVERITY_RANK, SideState
from rules.engine.slots import make_slots
from rules.engine.view import View


@dataclass(frozen=True, slots=True, eq=False)
class Happened:
    """What happened in the instants that are closed, each at its time in its instant."""

    readings: PointReadings
    sources: SourceChanges
    levels: LevelChanges


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """Decisions at their decision times, each with what was found: raw becomes true or false, or stays as it was."""

    at: Index
    t: I64
    received: I64
    turns_true: Bool
    turns_false: Bool
    unknown: Bool
    value: F64
    limit: F64 | None
    degraded: Bool
    lost: F64
    """How many members are silent (NaN: not counted)."""


class SubjectGroup(ABC):
    """All subjects of rules of one kind and depth. A slot is a subject; COLUMNS are by subject.

    usable_t      the last decision's time; heard_usable the instant in which it was, usable_value its value
    decided       whether there was one
    unknown       whether the rule can't be decided for the subject
    silent        whether that is so, and the subject is degraded
    unseen        whether something happened to members since the last decision
    shut          whether the rule was not active at the last decision
    """

    COLUMNS: ClassVar[tuple[str, ...]] = (
        "usable_t",
        "heard_usable",
        "usable_value",
        "decided",
        "unknown",
        "silent",
        "unseen",
        "shut",
    )

    def __init__(self, layout: GroupLayout) -> None:
        self.layout, self.name = layout, layout.name
        size = layout.table.size
        self.slots = make_slots(list(layout.rules), list(layout.subjects), size)
        self.bank = LevelBank(self.slots, ("on",), layout.table, timers=True)
        self.usable_t: I64 = np.full(size, LONG_AGO_MS)
        self.heard_usable: I64 = np.full(size, LONG_AGO_MS)
        self.usable_value: F64 = np.full(size, np.nan)
        self.decided: Bool = np.zeros(size, dtype=np.bool_)
        self.unknown: Bool = np.ones(size, dtype=np.bool_)
        self.silent: Bool = np.zeros(size, dtype=np.bool_)
        self.unseen: Bool = np.zeros(size, dtype=np.bool_)
        self.shut: Bool = np.zeros(size, dtype=np.bool_)
        severities = [getattr(getattr(r.condition, r.condition.kind), "degraded_severity", None) for r in layout.rules]
        self._degraded_rank = [0 if name is None else 2 * SEVERITY_RANK[name] for name in severities]
        if any(self._degraded_rank):
            self.bank.alarms.degraded = SideState("degraded", size)

    @abstractmethod
    def begin(self, standing: Standing) -> None:
        """Derive from how sources and streams stand what is kept of them."""

    @abstractmethod
    def take(self, happened: Happened, standing: Standing, out: Output) -> SourceChanges:
        """Decide, by what happened since `standing`; returns which subjects stand otherwise as sources."""

    def run_timers(self, clock: int, out: Output) -> None:
        """What is due by the clock after the last decisions."""
        self.bank.run_timers(clock, None, self, out)

    def concerned(self, happened: Happened) -> Concern:
        """All that concerns a subject."""
        layout = self.layout
        place, subject = layout.by_point.look_up(happened.readings.point)
        parts = [_concern(subject, place, happened.readings)]
        for key, column, pairs in (
            ("source", happened.sources.select(~happened.sources.known), layout.by_source),
            ("stream", happened.levels, layout.by_stream),
        ):
            if len(column):
                place, member = pairs.look_up(getattr(column, key))
                parts.append(_concern(layout.subject[member], place, column))
        return Concern.joined(parts)

    def pass_over(self, concern: Concern, active: Bool) -> Concern:
        """Those of active subjects; the others, at which nothing can change, are only remembered as decided."""
        busy = active.take(concern.subject)
        if busy.all():
            return concern
        quiet = concern.select(~busy)
        np.maximum.at(self.usable_t, quiet.subject, quiet.t)
        np.maximum.at(self.heard_usable, quiet.subject, quiet.received)
        return concern.select(busy)

    def active(self, turning: Index) -> Bool:
        """Subjects at which a decision may change something; to those that are turning something happened."""
        active = self.bank.busy | self.unseen | self.shut | ~self.decided
        active[turning] = True
        return active

    def decision_times(self, found: Moments) -> I64:
        """When each moment is decided: at its time, or at the subject's last decision where that is later.

        Call it once, with all moments: it notes which subjects saw all that happened.
        """
        self.unseen[found.subject] = ~np.isin(found.events.last, found.row)
        series = Series.of_keys(found.at)
        return greatest(series, found.t, self.usable_t[series.first(found.at)])

    def settle(self, found: Decided, out: Output) -> SourceChanges:
        """Delay the raw conditions, change alarms, and remember the decisions."""
        if not len(found.at):
            return SourceChanges.none()
        series = Series.of_keys(found.at)
        subject, t = series.first(found.at), found.t
        if self.bank.timed is not None:
            self.bank.run_timers(series.first(found.received), subject, self, out)
        n = len(t)
        rows = Rows(
            found.at, t, found.value, np.zeros(n, dtype=np.uint8), found.received, np.zeros(n, np.int16), None, series
        )
        view = View(subject, series, None)
        gated = self.bank.gated(rows, view)
        raw = latch(series, found.turns_true, found.turns_false, self.bank.raw[0][subject], gated, 0)
        settle_one(self.bank, raw, rows, view, found.value, self.usable_t, out, limits=found.limit)
        if self.bank.alarms.degraded is not None:
            self._degrade(self.bank.alarms.degraded, found, t, series, subject, out)
        silent = found.unknown & found.degraded
        turns = found.unknown != series.before(found.unknown, self.unknown[subject])
        turns |= silent != series.before(silent, self.silent[subject])
        turned = turns.nonzero()[0]
        self.usable_t[subject] = series.final(t)
        self.heard_usable[subject] = series.final(found.received)
        self.usable_value[subject] = series.final(found.value)
        self.unknown[subject], self.silent[subject] = series.final(found.unknown), series.final(silent)
        self.decided[subject] = True
        self.shut[subject] = False if gated is None else ~series.final(gated.active)
        own = found.at[turned] + self.layout.own_source
        received = found.received[turned]
        run = np.zeros_like(received)
        return SourceChanges(own, t[turned], ~found.unknown[turned], silent[turned], received, run)

    def _degrade(self, side: SideState, found: Decided, t: I64, series: Series, subject: Index, out: Output) -> None:
        degraded = found.degraded
        changed = degraded != series.before(degraded, side.rank[subject] > 0)
        for i in changed.nonzero()[0].tolist():
            slot = int(found.at[i])
            rule = int(self.slots.rule[slot])
            why = Deciding(
                received_at=int(found.received[i]),
                value=float(found.lost[i]),
                limit=None,
                onset=int(t[i]),
                reason="unknown" if degraded[i] else "known again",
            )
            rank = self._degraded_rank[rule] if degraded[i] else 0
            identity = self.layout.table.identity(slot)
            out.change(self.slots.rules[rule], identity, side, slot, rank, int(t[i]), why)


def _concern(subject: Index, place: Index | None, of: PointReadings | SourceChanges | LevelChanges) -> Concern:
    if place is None:
        return Concern(subject, of.t, of.received)
    return Concern(subject, of.t[place], of.received[place])
