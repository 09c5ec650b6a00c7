"""A new plan takes over from an old one between two entries (semantics 5.8)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.conditions.stale import StaleGroup
from rules.engine.bank import LevelBank
from rules.engine.columns import LONG_AGO_MS, Bool, Index
from rules.engine.engine import Engine
from rules.engine.members import AnyGroup, Member, members_of, same_subjects, unchanged_rules
from rules.engine.output import Deciding, Output
from rules.engine.plan import Plan
from rules.engine.point_table import PointTable
from rules.engine.points import PointState
from rules.engine.several.carry import carry_looked_at
from rules.engine.several.group import SubjectGroup
from rules.engine.several.make import look_again
from rules.engine.sides import SideState
from rules.engine.state import refresh, slot_columns
from rules.events import AlarmEvent


def reconfigure(old: Engine, new: Engine | Plan, received_at_ms: int) -> tuple[Engine, list[AlarmEvent]]:
    """The engine that goes on, and the events of alarms that end with their rules.

    `new` is the plan to go on under, or an engine made of it that has seen no entry: making one takes a while.

    What a rule has not changed keeps all its state; a changed rule keeps its alarms and begins its delays and windows
    anew; alarms of a removed rule (or subject) are cleared with reason rule_removed. The clock must have been moved
    to the entry's received_at already.
    """
    closed = old.close()
    if isinstance(new, Plan):
        new = Engine(new, exercise=old.exercise)
    new.clock_ms = received_at_ms if old.clock_ms is None else old.clock_ms
    new.sources = list(old.sources)
    new.ended_at = dict(old.ended_at)
    _carry_points(old, new, received_at_ms)
    if new.groups.surroundings is not None:
        new.groups.surroundings.carry(old.groups.surroundings, new.points)
    same_point = _same_points(old.plan.table, new.plan.table)
    numbers: dict[tuple[str, str], int] = {}
    targets = {member.rule.id: member for member in members_of(new, numbers)}
    unchanged = unchanged_rules(old.plan.rules, new.plan.rules)
    out = Output([received_at_ms], old.exercise)
    whole: dict[tuple[int, int], list[tuple[Member, Member]]] = {}
    for member in members_of(old, numbers):
        target = targets.get(member.rule.id)
        same = same_point if member.rule.id in unchanged else None
        if target is not None and same is not None and _goes_on_whole(member, target, same):
            whole.setdefault((id(member.group), id(target.group)), []).append((member, target))
        else:
            _carry(member, target, same, new.ended_at, out)
    for pairs in whole.values():
        source, goal = (np.concatenate(slots) for slots in zip(*((a.slot, b.slot) for a, b in pairs), strict=True))
        _carry_all(pairs[0][0].group, pairs[0][1].group, source, goal)
    for rule_id in {rule_id for rule_id, _, _ in new.ended_at} & targets.keys():
        _go_on_after_ended(targets[rule_id], new.ended_at)
    if new.several is not None:
        carry_looked_at(old, new)
        look_again(new.several, new.all_groups())
    refresh(new)
    out.events.sort(key=lambda e: (e.at, e.rule, e.subject, e.side))
    return new, closed + out.events


def _goes_on_whole(old: Member, new: Member, same: Bool) -> bool:
    """Whether an unchanged rule stands on the same points, all unchanged: many rules are then carried at once."""
    if isinstance(old.group, SubjectGroup) or isinstance(new.group, SubjectGroup):
        return False
    return np.array_equal(old.key, new.key) and bool(same[old.key].all())


def _carry(
    old: Member, new: Member | None, same: Bool | None, ended_at: dict[tuple[str, str, str], int], out: Output
) -> None:
    """`same` says by number of a point which points are the same; None where the rule begins anew."""
    now_ms = out.entry_times[-1]
    successor = np.full(len(old.slot), -1, dtype=np.intp)
    if new is not None:
        _, from_index, to_index = np.intersect1d(old.key, new.key, assume_unique=True, return_indices=True)
        successor[from_index] = new.slot[to_index]
        source, target = old.slot[from_index], new.slot[to_index]
        if same is not None:
            if isinstance(old.group, SubjectGroup) and isinstance(new.group, SubjectGroup):
                goes_on = same_subjects(old.group, new.group, source, target)
            else:
                goes_on = same[old.key[from_index]]
            _carry_all(old.group, new.group, source[goes_on], target[goes_on])
            source, target = source[~goes_on], target[~goes_on]
        _carry_alarms(old, new, source, target)
    for name, side in old.sides.items():
        lost = old.slot[~_has_side(new, name, successor) & (side.last_at[old.slot] != LONG_AGO_MS)]
        for slot in lost.tolist():
            identity = old.identity(slot)
            if side.rank[slot]:
                why = Deciding(now_ms, None, None, None, "rule_removed")
                pending = old.group.pending.get(slot, ()) if isinstance(old.group, StaleGroup) else ()
                out.change(old.rule, identity, side, slot, 0, now_ms, why, pending)
            ended_at[old.rule.id, identity[0], name] = int(side.last_at[slot])


def _go_on_after_ended(member: Member, ended_at: dict[tuple[str, str, str], int]) -> None:
    """Ids stay unique when a rule, a side or a subject comes back: the next alarm is raised after the last event."""
    for name, side in member.sides.items():
        for slot in member.slot.tolist():
            last = ended_at.pop((member.rule.id, member.identity(slot)[0], name), None)
            if last is not None:
                side.last_at[slot] = max(last, int(side.last_at[slot]))


def _has_side(member: Member | None, side: str, slot: Index) -> Bool:
    """Whether each slot (-1: none) has a level on that side."""
    has = slot >= 0
    if member is None or side not in member.sides:
        return np.zeros(len(slot), dtype=np.bool_)
    if isinstance(member.group, StaleGroup):
        return has
    bank = member.group.bank
    if member.sides[side] is bank.alarms.degraded:
        return has
    column = bank.alarms.sides.index(member.sides[side])
    some = np.zeros(len(slot), dtype=np.bool_)
    for k in bank.alarms.side_levels[column]:
        some |= _has_level(bank, k, slot)
    return has & some


def _has_level(bank: LevelBank, level: int, slot: Index) -> Bool:
    """Whether each slot's rule names the level and its point has a limit for it."""
    named: Bool = bank.alarms.rank[level, slot] > 0
    return named if bank.alarms.limits is None else named & ~np.isnan(bank.alarms.limits[level, slot])


def _carry_all(old: AnyGroup, new: AnyGroup, source: Index, target: Index) -> None:
    if isinstance(old, StaleGroup) and isinstance(new, StaleGroup):
        new.carry_pending(old, source, target)
    levels = _shared_levels(old, new)
    theirs = {name: (owner, column) for name, owner, column in slot_columns(new)}
    for name, owner, column in slot_columns(old):
        if name not in theirs:
            continue
        before: NDArray[Any] = getattr(owner, column)
        after: NDArray[Any] = getattr(*theirs[name])
        if not before.size or not after.size:
            continue
        if name.startswith("bank.") and before.ndim == 2:
            for i, j in levels:
                after[j, target] = before[i, source]
        else:
            after[..., target] = before[..., source]
    if not isinstance(old, StaleGroup) and not isinstance(new, StaleGroup):
        if old.bank.counter is not None and new.bank.counter is not None:
            new.bank.counter.carry(old.bank.counter, source, target, levels)
        if old.bank.timed is not None:
            new.bank.rearm(target)


def _carry_alarms(old: Member, new: Member, source: Index, target: Index) -> None:
    """Alarms and which levels are on; delays stay as new, so the next usable reading decides."""
    mine = old.sides
    for name, side in new.sides.items():
        if name in mine:
            goes_on = _has_side(new, name, target)
            for column in SideState.COLUMNS:
                getattr(side, column)[target[goes_on]] = getattr(mine[name], column)[source[goes_on]]
    if isinstance(new.group, StaleGroup):
        if isinstance(old.group, StaleGroup):
            new.group.carry_pending(old.group, source, target)
        return
    bank = new.group.bank
    if not isinstance(old.group, StaleGroup):
        for i, j in _shared_levels(old.group, new.group):
            bank.on[j, target] = old.group.bank.on[i, source] & _has_level(bank, j, target)
    for side in new.sides.values():
        bank.busy[target] |= side.rank[target] != 0


def _shared_levels(old: AnyGroup, new: AnyGroup) -> list[tuple[int, int]]:
    if isinstance(old, StaleGroup) or isinstance(new, StaleGroup):
        return []
    theirs = new.bank.levels
    return [(i, theirs.index(level)) for i, level in enumerate(old.bank.levels) if level in theirs]


def _carry_points(old: Engine, new: Engine, now_ms: int) -> None:
    new.points.heard_any[:] = now_ms
    new.points.heard_usable[:] = now_ms
    size = min(old.plan.table.size, new.plan.table.size)
    both = np.flatnonzero(old.plan.table.known[:size] & new.plan.table.known[:size])
    for column in PointState.COLUMNS:
        getattr(new.points, column)[both] = getattr(old.points, column)[both]
    for counter, values in old.points.counters.items():
        new.points.counters[counter][both] = values[both]


def _same_points(old: PointTable, new: PointTable) -> Bool:
    """By point number: whether nothing that rules look at has changed."""
    size = min(old.size, new.size)
    same = np.zeros(old.size, dtype=np.bool_)
    same[:size] = old.known[:size] & new.known[:size]
    pairs: list[tuple[NDArray[Any], NDArray[Any]]] = [(old.gap_ms, new.gap_ms), (old.on_change, new.on_change)]
    pairs += [(old.range_high, new.range_high), (old.under, new.under)]
    pairs += [(old.calibration_day, new.calibration_day)]
    pairs += [(old.cells[name], new.cells[name]) for name in old.cells]
    for before, after in pairs:
        a, b = before[:size], after[:size]
        same[:size] &= (a == b) | ((a != a) & (b != b))
    return same
