"""sequence: the units in which both named rules have a subject."""

import numpy as np

from rules.schema import Rule
from rules.several.resolved import Members, Resolved
from rules.several.site_view import SiteView


def resolve_sequence(rule: Rule, view: SiteView) -> Resolved:
    """Subjects are units."""
    sequence = rule.condition.sequence
    assert sequence is not None  # noqa: S101 - rules come by kind
    sides = (("first", sequence.first.rule), ("then", sequence.then.rule))
    found = [view.grouped(rule, named, "unit", ("condition", "sequence", side, "rule")) for side, named in sides]
    codes = np.intersect1d(found[0][1], found[1][1])
    members = []
    for role, ((_, named), (member, code)) in enumerate(zip(sides, found, strict=True)):
        inside = np.isin(code, codes)
        member, subject = member[inside], np.searchsorted(codes, code[inside])
        order = np.lexsort((member, subject))
        members.append(Members(named, subject[order], member[order], np.full(len(order), role, dtype=np.intp)))
    return view.finish(rule, "unit", codes, tuple(named for _, named in sides), tuple(members))
