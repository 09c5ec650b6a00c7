"""Puts the stage behind the groups of an engine: which of their levels somebody looks at, and how they stand."""

from collections.abc import Mapping, Sequence

import numpy as np

from rules.conditions.stale import StaleGroup
from rules.engine.columns import U8, Bool, Index
from rules.engine.gate import Gate, Timing
from rules.engine.group import Group
from rules.engine.several.layout import Layout
from rules.engine.several.recalled import Recalled
from rules.engine.several.stage import Stage
from rules.engine.slots import Slots
from rules.engine.surroundings import Surroundings
from rules.engine.watch import Watch, bits_of


def make_stage(
    layout: Layout,
    groups: Sequence[Group | StaleGroup],
    timings: Mapping[str, Timing],
    surroundings: Surroundings | None,
) -> Stage:
    """A stage with nothing in its state, which looks at these groups from now on. `timings` are by rule."""
    of_groups = [[timings.get(rule.id, Timing()) for rule in group.rules] for group in layout.groups]
    looks = any(timing.while_ is not None for of_rules in of_groups for timing in of_rules)
    stage = Stage(layout, Recalled(surroundings) if surroundings is not None and looks else None)
    for several, of_rules in zip(stage.groups, of_groups, strict=True):
        if any(rule.active is not None for rule in several.layout.rules):
            several.bank.set_gate(Gate(several.slots, several.bank.levels, of_rules, stage.recalled))
    for group in groups:
        stream = _streams(layout, group.slots)
        if (stream >= 0).any():
            watch = Watch(stream, stage.noted)
            if isinstance(group, StaleGroup):
                group.watch = watch
            else:
                group.bank.alarms.watch = watch
    return stage


def look_again(stage: Stage, groups: Sequence[Group | StaleGroup]) -> None:
    """Take how the levels of the groups stand now, after they were set from outside."""
    for group in groups:
        stream = _streams(stage.layout, group.slots)
        seen = stream >= 0
        stage.standing.bits[stream[seen]] = _bits(group)[seen]
    for several in stage.groups:
        first, source = several.layout.own_stream, several.layout.own_source
        stage.standing.known[source : source + len(several.slots)] = ~several.unknown
        stage.standing.silent[source : source + len(several.slots)] = several.silent
        stage.standing.bits[first : first + len(several.slots)] = bits_of(several.bank.on, several.bank.levels)


def _bits(group: Group | StaleGroup) -> U8:
    if isinstance(group, StaleGroup):
        on: Bool = (group.side.rank > 0)[None, :]
        return bits_of(on, ("on",))
    return bits_of(group.bank.on, group.bank.levels)


def _streams(layout: Layout, slots: Slots) -> Index:
    """The stream of each slot's levels; -1 where nobody looks."""
    stream = np.full(len(slots), -1, dtype=np.intp)
    for r, rule in enumerate(slots.rules):
        if rule.id in layout.streams:
            points, first = layout.streams[rule.id]
            own = slots.rule == r
            stream[own] = first + np.searchsorted(points, slots.point[own])
    return stream
