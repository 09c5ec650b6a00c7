"""The rules of one kind and depth, compiled into columns of members and of subjects."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rules.engine.columns import I64, NEVER_MS, U8, Bool, Index
from rules.engine.point_table import PointTable
from rules.engine.several.pairs import Pairs
from rules.engine.several.table import SubjectTable
from rules.schema import AnyLevel, Rule
from rules.several import Resolved

LEVEL_BIT: dict[AnyLevel, int] = {"ll": 1, "l": 2, "h": 4, "hh": 8, "on": 16}
ANY_LEVEL = 31


@dataclass(frozen=True, slots=True, eq=False)
class GroupLayout:
    """Subjects are numbered rule by rule, members are ordered by subject.

    rules, subjects  the subjects' numbers of each rule
    subject          of each member
    source, stream   what each member looks at; stream is -1 where the member is a point itself
    counts, lone     bits of the levels by which a member counts, and of those of which one is enough
    role             the place of a name in an expression; 0 for `first`, 1 for `then` of a sequence
    members          by subject: how many members it has
    by_point         the subjects that a usable reading of each looked-at point concerns
    by_source, by_stream   the members that look at each
    own_source, own_stream the first of the group's own: subject s is this + s
    point_subject, point   pairs of a subject and the number of a point it rests on, ordered by subject
    """

    name: str
    rules: tuple[Rule, ...]
    subjects: tuple[Index, ...]
    table: SubjectTable
    subject: Index
    source: Index
    stream: Index
    counts: U8
    lone: U8
    role: Index
    members: Index
    by_point: Pairs
    by_source: Pairs
    by_stream: Pairs
    own_source: int
    own_stream: int
    point_subject: Index
    point: Index
    point_of_member: Index
    """The number of the point that a member is itself; -1 where it is none."""


@dataclass(slots=True)
class Numbering:
    """Hands out sources and streams. `own`: rule over several points -> the first of each of its subjects."""

    number_of: Index
    watched: Index
    points: Index
    streams: dict[str, tuple[Index, int]]
    own: dict[str, tuple[int, int]]
    next_source: int = 0
    next_stream: int = 0

    def of(self, named: str, member: Index) -> tuple[Index, Index]:
        """(source, stream) of members of a named rule, or of points where it is ""."""
        if named in self.own:
            source, stream = self.own[named]
            return source + member, stream + member
        number = self.number_of[member]
        if not named:
            return self.watched[number], np.full(len(member), -1, dtype=np.intp)
        points, first = self.streams[named]
        return self.watched[number], first + np.searchsorted(points, number)


def lay_out_group(name: str, found: list[Resolved], numbering: Numbering, table: PointTable) -> GroupLayout:
    """Number the subjects of these rules, and look up what their members look at."""
    # Rules of one formula side by side, so that it is computed once for all of them.
    found = sorted(found, key=lambda one: _formula(one.rule))
    first = np.concatenate([[0], np.cumsum([len(one.ids) for one in found])]).tolist()
    columns: list[list[Index]] = [[], [], [], [], [], []]
    for one, offset in zip(found, first, strict=False):
        for part in one.members:
            source, stream = numbering.of(part.named, part.member)
            bits = [np.full(len(source), bit, dtype=np.intp) for bit in _bits(one.rule, part.role)]
            for column, values in zip(columns, (part.subject + offset, part.role, source, stream, *bits), strict=True):
                column.append(values)
    for one, offset in zip(found, first, strict=False):
        numbering.own[one.rule.id] = (numbering.next_source + offset, numbering.next_stream + offset)
    joined = [np.concatenate(column) for column in columns]
    order = np.lexsort((joined[1], joined[0]))
    subject, role, source, stream, counts, lone = (column[order] for column in joined)
    point_subject = np.concatenate([one.points_subject + offset for one, offset in zip(found, first, strict=False)])
    point = numbering.number_of[np.concatenate([one.points for one in found])]
    member = np.arange(len(subject))
    named = stream >= 0
    layout = GroupLayout(
        name=name,
        rules=tuple(one.rule for one in found),
        subjects=tuple(np.arange(a, b) for a, b in pairwise(first)),
        table=_table(found, point_subject, point, table),
        subject=subject,
        source=source,
        stream=stream,
        counts=counts.astype(np.uint8),
        lone=lone.astype(np.uint8),
        role=role,
        members=np.bincount(subject, minlength=first[-1]),
        by_point=Pairs.of(numbering.watched[point], point_subject),
        by_source=Pairs.of(source, member),
        by_stream=Pairs.of(stream[named], member[named]),
        own_source=numbering.next_source,
        own_stream=numbering.next_stream,
        point_subject=point_subject,
        point=point,
        point_of_member=np.where(named, -1, numbering.points[np.where(named, 0, source)]),
    )
    numbering.next_source += first[-1]
    numbering.next_stream += first[-1]
    return layout


def _formula(rule: Rule) -> tuple[str, ...]:
    given = rule.condition.expression
    return () if given is None else (given.is_, *given.points)


def _bits(rule: Rule, role: Index) -> tuple[int, int]:
    """(levels that count, levels of which one is enough) for members of one role."""
    vote, sequence = rule.condition.vote, rule.condition.sequence
    if vote is not None:
        return _bit(vote.level), 0 if vote.lone_critical is None else LEVEL_BIT[vote.lone_critical]
    if sequence is not None and len(role):
        return _bit((sequence.first, sequence.then)[int(role[0])].level), 0
    return 0, 0


def _bit(level: AnyLevel | None) -> int:
    return ANY_LEVEL if level is None else LEVEL_BIT[level]


def _table(found: Sequence[Resolved], subject: Index, point: Index, points: PointTable) -> SubjectTable:
    ids = tuple(subject_id for one in found for subject_id in one.ids)
    longest: I64 = np.zeros(len(ids), dtype=np.int64)
    np.maximum.at(longest, subject, points.gap_ms[point])
    on_change: Bool = np.ones(len(ids), dtype=np.bool_)
    np.logical_and.at(on_change, subject, points.on_change[point])
    return SubjectTable(
        ids=ids,
        enterprises=tuple(enterprise for one in found for enterprise in one.enterprises),
        step_cap_ms=np.where(on_change, NEVER_MS, longest),
        on_change=on_change,
    )
