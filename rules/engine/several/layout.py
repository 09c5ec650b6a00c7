"""Rules over several points, compiled: which streams of happenings lead to which subjects.

A *source* is known or unknown: a point that some rule looks at, or a subject. A *stream* is the levels of one subject
of a rule that is named. Both are numbered over the whole plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rules.engine.columns import I64, NEVER_MS, Index, to_ms
from rules.engine.point_table import PointTable
from rules.engine.several.group_layout import GroupLayout, Numbering, lay_out_group
from rules.schema import Rule
from rules.several import Resolved


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """All groups, named rules first.

    points     the numbers of the points looked at, ascending; their places here are their sources
    watched    point number -> place in `points`, -1 where nobody looks
    silent_ms  by place in `points`: after how long without a usable reading the point is unknown
    streams    named rule on points -> (its points' numbers, its first stream)
    """

    groups: tuple[GroupLayout, ...]
    points: Index
    watched: Index
    silent_ms: I64
    streams: dict[str, tuple[Index, int]]
    sources_total: int
    streams_total: int


def lay_out(
    resolved: Sequence[Resolved], number_of: Index, table: PointTable, rules: Sequence[Rule], subjects: Sequence[Index]
) -> Layout | None:
    """Number everything. `number_of` gives the point number of each place in `site.points`; `subjects` are the point
    numbers of each of `rules`. None where no such rule has a subject."""
    resolved = [found for found in resolved if len(found.ids)]
    if not resolved:
        return None
    points = np.unique(number_of[np.concatenate([found.points for found in resolved])])
    watched = np.full(table.size, -1, dtype=np.intp)
    watched[points] = np.arange(len(points))
    over_several = {found.rule.id for found in resolved}
    on_points = {r.id: at for r, at in zip(rules, subjects, strict=True) if r.id not in over_several}
    named = {part.named for found in resolved for part in found.members} & on_points.keys()
    numbering = Numbering(number_of, watched, points, {}, {})
    for rule_id in sorted(named):
        numbering.streams[rule_id] = (on_points[rule_id], numbering.next_stream)
        numbering.next_stream += len(on_points[rule_id])
    numbering.next_source = len(points)
    by_group: dict[tuple[int, str], list[Resolved]] = {}
    for found in resolved:
        name = f"{found.rule.condition.kind}.{found.depth}" + ".active" * (found.rule.active is not None)
        by_group.setdefault((found.depth, name), []).append(found)
    groups = [lay_out_group(name, some, numbering, table) for (_, name), some in sorted(by_group.items())]
    silent_ms = _silent_after(table, rules, subjects)[points]
    return Layout(
        tuple(groups), points, watched, silent_ms, numbering.streams, numbering.next_source, numbering.next_stream
    )


def _silent_after(table: PointTable, rules: Sequence[Rule], subjects: Sequence[Index]) -> I64:
    """By point number: the shortest `after_s` of the stale rules on it, else three periods; never, on change."""
    none: I64 = np.full(table.size, NEVER_MS)
    for rule, at in zip(rules, subjects, strict=True):
        stale = rule.condition.stale
        if stale is not None:
            none[at] = np.minimum(none[at], table.gap_ms[at] if stale.after_s is None else to_ms(stale.after_s))
    return np.where((none == NEVER_MS) & ~table.on_change, table.gap_ms, none)
