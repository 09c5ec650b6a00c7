"""expression: the units in which each name is one point."""

from collections.abc import Iterator

import numpy as np

from rules.expression import ExpressionError, parse
from rules.expression.parser import reserved
from rules.schema import Expression, Rule
from rules.several.resolved import Index, Members, Resolved
from rules.several.site_view import SiteView, Wrong


def resolve_expression(rule: Rule, view: SiteView) -> Resolved:
    """Subjects are the units that match `applies_to` and have a point for each name."""
    expression = rule.condition.expression
    assert expression is not None  # noqa: S101 - rules come by kind
    _check_names(rule, expression, view)
    unit = view.places.of["unit"]
    codes = np.unique(unit.codes[view.matching(rule)])
    found: dict[str, Index] = {}
    for name, text in expression.points.items():
        position = view.index.position_of(text)
        at = view.index.of_kind(text) if position is None else np.array([position], dtype=np.intp)
        path = ("condition", "expression", "points", name)
        if not len(at):
            message = f"there is no point and no kind of point {text[:64]!r}{view.hint(text, _known(view))}"
            view.note(rule, path, message, of_site=True)
        if position is not None and unit.codes[position] not in codes:
            where = unit.names[unit.codes[position]]
            others = f" (the other points are in {_shown(codes, view)})" if len(codes) else ""
            message = f"point {text} is in unit {where}, allowed are points of one unit that applies_to matches{others}"
            raise Wrong(rule, path, message)
        codes = np.intersect1d(codes, unit.codes[at])
        found[name] = at
    codes = _without_doubles(rule, expression, found, codes, view)
    members = []
    for role, at in enumerate(found.values()):
        at = at[np.isin(unit.codes[at], codes)]
        subject = np.searchsorted(codes, unit.codes[at])
        order = np.argsort(subject, kind="stable")
        members.append(Members("", subject[order], at[order], np.full(len(order), role, dtype=np.intp)))
    return view.finish(rule, "unit", codes, (), tuple(members))


def _without_doubles(
    rule: Rule, expression: Expression, found: dict[str, Index], codes: Index, view: SiteView
) -> Index:
    """The units in which each name is one point alone."""
    unit = view.places.of["unit"]
    for name, at in found.items():
        inside = at[np.isin(unit.codes[at], codes)]
        count = np.bincount(unit.codes[inside], minlength=len(unit.names))
        doubled = np.flatnonzero(count > 1)
        if len(doubled):
            points = [view.index.points[i].point for i in inside[unit.codes[inside] == doubled[0]].tolist()]
            shown = ", ".join(points[:3]) + (", ..." if len(points) > 3 else "")
            message = (
                f"{expression.points[name]} matches {len(points)} points of unit {unit.names[doubled[0]]} ({shown}), "
                "allowed is exactly one"
            )
            view.note(rule, ("condition", "expression", "points", name), message, of_site=True)
            codes = np.setdiff1d(codes, doubled)
    return codes


def _check_names(rule: Rule, expression: Expression, view: SiteView) -> None:
    path = ("condition", "expression")
    for name in expression.points:
        if reserved(name):
            raise Wrong(rule, (*path, "points", name), f"{name} is a word of formulas, give the point another name")
    try:
        formula = parse(expression.is_, expression.points)
    except ExpressionError as error:
        raise Wrong(rule, (*path, "is"), str(error)) from None
    for name in expression.points:
        if name not in formula.names:
            view.note(rule, (*path, "points", name), "is not used in the formula", warning=True)


def _known(view: SiteView) -> Iterator[str]:
    """Kinds of points, then points."""
    yield from dict.fromkeys(point.kind for point in view.index.points)
    yield from (point.point for point in view.index.points)


def _shown(codes: Index, view: SiteView) -> str:
    names = [view.places.of["unit"].names[code] for code in codes[:3].tolist()]
    return ", ".join(names) + (", ..." if len(codes) > 3 else "")
