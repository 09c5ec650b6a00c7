"""expression (docs/reference/several-points.md): a formula over points of one unit."""

from itertools import groupby

import numpy as np

from rules.engine.columns import F64, Bool, Index
from rules.engine.output import Output
from rules.engine.several.group import Decided, Happened, SubjectGroup
from rules.engine.several.group_layout import GroupLayout
from rules.engine.several.happenings import SourceChanges
from rules.engine.several.moments import moments
from rules.engine.several.standing import Standing
from rules.expression import parse
from rules.schema import Expression, Rule


class ExpressionGroup(SubjectGroup):
    """All subjects of expressions. Subjects of one formula stand side by side, and are computed at once."""

    def __init__(self, layout: GroupLayout) -> None:
        super().__init__(layout)
        given = [_expression(rule) for rule in layout.rules]
        self._formulas = []
        """(the first of its subjects, formula, its points' names by role)."""
        alike = groupby(range(len(given)), key=lambda r: (given[r].is_, *given[r].points))
        for (text, *names), rules in alike:
            self._formulas.append((int(layout.subjects[next(rules)][0]), parse(text, names), names))
        self._names: Index = np.array([len(one.points) for one in given])[self.slots.rule]
        """By subject: how many names it has."""
        self._values: F64 = np.full((max(len(one.points) for one in given), layout.table.size), np.nan)
        """By role and subject; NaN where it is unknown."""
        self._silent: Bool = np.zeros(self._values.shape, dtype=np.bool_)
        """By role and subject; what is unknown and not silent is waited for."""

    def begin(self, standing: Standing) -> None:
        """Look at the points."""
        layout = self.layout
        value = np.where(standing.known[layout.source], standing.value[layout.source], np.nan)
        self._values[layout.role, layout.subject] = value
        self._silent[layout.role, layout.subject] = standing.silent[layout.source]

    def take(self, happened: Happened, standing: Standing, out: Output) -> SourceChanges:
        """Decide every subject concerned."""
        layout, readings = self.layout, happened.readings
        # Of one run, a silence comes before the readings of its instant.
        silent = happened.sources.select(~happened.sources.known & (happened.sources.source < len(standing.value)))
        of_silent, silent_member = layout.by_source.look_up(silent.source)
        of_reading, member = layout.by_source.look_up(readings.point)
        silences = slice(None) if of_silent is None else of_silent
        read = slice(None) if of_reading is None else of_reading
        member = np.concatenate([silent_member, member])
        value = np.concatenate([np.full(len(silent_member), np.nan), readings.value[read]])
        if not len(member):
            return SourceChanges.none()
        t = np.concatenate([silent.t[silences], readings.t[read]])
        received = np.concatenate([silent.received[silences], readings.received[read]])
        if len(silent):
            order = np.argsort(np.concatenate([silent.run[silences], readings.run[read]]), kind="stable")
            member, value, t, received = member[order], value[order], t[order], received[order]
        found = moments(layout.subject[member], t, received, np.ones(len(member), dtype=np.bool_))
        role, value = layout.role[member][found.order], value[found.order]
        columns = []
        # A usable value is a number: what comes without one is a silence.
        lost, some_silent = np.isnan(value), np.zeros(len(found.at), dtype=np.bool_)
        all_known = ~some_silent
        for i in range(len(self._values)):
            column = found.events.since(role == i, value, self._values[i, found.subject])
            quiet = found.events.since(role == i, lost, self._silent[i, found.subject])
            self._values[i, found.subject] = found.events.final(column)
            self._silent[i, found.subject] = found.events.final(quiet)
            columns.append(column[found.row])
            some_silent |= quiet[found.row]
            all_known &= ~np.isnan(columns[i]) | (i >= self._names[found.at])
        true, false = self._evaluate(found.at, columns)
        nothing = np.full(len(true), np.nan)
        unknown = ~(true | false)
        decided = Decided(
            at=found.at,
            t=self.decision_times(found),
            received=found.received,
            turns_true=true,
            turns_false=false,
            unknown=unknown,
            value=nothing,
            limit=None,
            degraded=unknown & (some_silent | all_known),
            lost=nothing,
        )
        return self.settle(decided, out)

    def _evaluate(self, subject: Index, columns: list[F64]) -> tuple[Bool, Bool]:
        """(where each row's formula is true, where it is false); rows are ordered by subject."""
        n = len(subject)
        true, false = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
        bounds = np.searchsorted(subject, [first for first, _, _ in self._formulas]).tolist()
        for (_, formula, names), begin, end in zip(self._formulas, bounds, [*bounds[1:], n], strict=True):
            if begin < end:
                here = {name: columns[i][begin:end] for i, name in enumerate(names)}
                truth = formula.evaluate(here, end - begin)
                true[begin:end], false[begin:end] = truth.true, truth.false
        return true, false


def _expression(rule: Rule) -> Expression:
    assert rule.condition.expression is not None  # noqa: S101 - rules come grouped by kind
    return rule.condition.expression
