"""One rule within its group, and which of its subjects go on unchanged under another plan."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rules.conditions.stale import StaleGroup
from rules.engine.columns import Bool, Index
from rules.engine.engine import Engine
from rules.engine.group import Group
from rules.engine.output import Identity
from rules.engine.several.group import SubjectGroup
from rules.engine.several.group_layout import GroupLayout
from rules.engine.sides import SideState
from rules.schema import Rule

AnyGroup = Group | StaleGroup | SubjectGroup


@dataclass(frozen=True, slots=True)
class Member:
    """A rule's slots; `key` is the same number for the same subject under every plan."""

    rule: Rule
    group: AnyGroup
    slot: Index
    key: Index

    @property
    def sides(self) -> dict[str, SideState]:
        sides = [self.group.side] if isinstance(self.group, StaleGroup) else self.group.bank.alarms.all_sides
        return {side.side: side for side in sides}

    def identity(self, slot: int) -> Identity:
        """What a slot's alarms are about."""
        return (
            self.group.identity(slot) if isinstance(self.group, StaleGroup) else self.group.bank.alarms.identity(slot)
        )


def members_of(engine: Engine, numbers: dict[tuple[str, str], int]) -> list[Member]:
    """All rules. `numbers` hands out keys to subjects that are no points; give the same one for both plans."""
    members = []
    for group in engine.every_group():
        slots = group.slots
        order = np.argsort(slots.rule, kind="stable")
        starts = np.searchsorted(slots.rule[order], np.arange(len(slots.rules) + 1))
        for r, rule in enumerate(slots.rules):
            own = order[starts[r] : starts[r + 1]]
            key = slots.point[own]
            if isinstance(group, SubjectGroup):
                ids = [group.layout.table.ids[number] for number in key.tolist()]
                per = "unit" if rule.condition.vote is None else rule.condition.vote.per
                # Below the points' numbers, so that no point is taken for a unit.
                key = np.array([-1 - numbers.setdefault((per, name), len(numbers)) for name in ids], dtype=np.intp)
            members.append(Member(rule, group, own, key))
    return members


def same_subjects(old: SubjectGroup, new: SubjectGroup, source: Index, target: Index) -> Bool:
    """Whether these subjects rest on the same points in the same roles, which report alike."""
    before, after = old.layout, new.layout
    cap, on_change = before.table.step_cap_ms[source], before.table.on_change[source]
    same: Bool = (cap == after.table.step_cap_ms[target]) & (on_change == after.table.on_change[target])
    for i in same.nonzero()[0].tolist():
        same[i] = _rests_on(before, int(source[i])) == _rests_on(after, int(target[i]))
    return same


def _rests_on(layout: GroupLayout, subject: int) -> tuple[bytes, bytes]:
    points = slice(*np.searchsorted(layout.point_subject, [subject, subject + 1]))
    members = slice(*np.searchsorted(layout.subject, [subject, subject + 1]))
    # Points that are members themselves stand in the order of their roles.
    return np.sort(layout.point[points]).tobytes(), layout.point_of_member[members].tobytes()


def unchanged_rules(before: Sequence[Rule], after: Sequence[Rule]) -> set[str]:
    """Rules that stand in both alike, and name only such."""
    theirs = {rule.id: rule for rule in after}
    alike = {rule.id: rule for rule in before if theirs.get(rule.id) == rule}
    while gone := [rule_id for rule_id, rule in alike.items() if not all(name in alike for name in _named(rule))]:
        for rule_id in gone:
            del alike[rule_id]
    return set(alike)


def _named(rule: Rule) -> list[str]:
    vote, sequence = rule.condition.vote, rule.condition.sequence
    if vote is not None:
        return [vote.rule]
    return [] if sequence is None else [sequence.first.rule, sequence.then.rule]
