"""vote: the subjects of the named rule, grouped."""

import numpy as np

from rules.schema import Rule
from rules.several.resolved import Members, Resolved
from rules.several.site_view import SiteView, Wrong


def resolve_vote(rule: Rule, view: SiteView) -> Resolved:
    """Subjects are units, devices, enterprises or the site, whichever hold a member."""
    vote = rule.condition.vote
    assert vote is not None  # noqa: S101 - rules come by kind
    path = ("condition", "vote")
    member, code = view.grouped(rule, vote.rule, vote.per, (*path, "per"))
    codes, subject = np.unique(code, return_inverse=True)
    if vote.per == "device" and (shared := view.places.devices_of_two(codes)):
        raise Wrong(rule, (*path, "per"), f"device {shared[0]} stands in several enterprises, so it is no one device")
    left_out = len(view.grouped(rule, vote.rule, "site", path)[0]) - len(member) if vote.per == "device" else 0
    if left_out:
        what = "a point without a device is" if left_out == 1 else f"{left_out} points without a device are"
        view.note(rule, (*path, "per"), f"{what} left out", warning=True)
    order = np.lexsort((member, subject))
    members = Members(vote.rule, subject[order].astype(np.intp), member[order], np.zeros(len(order), dtype=np.intp))
    found = view.finish(rule, vote.per, codes, (vote.rule,), (members,))
    count = np.bincount(members.subject, minlength=len(codes))
    few = np.flatnonzero(count < vote.n)
    if len(few):
        first = int(few[0])
        others = f", and so have {len(few) - 1} more" if len(few) > 1 else ""
        what = "the site" if vote.per == "site" else f"{vote.per} {found.ids[first]}"
        message = f"n is {vote.n}, but {what} has {count[first]} {'member' if count[first] == 1 else 'members'}{others}"
        view.note(rule, (*path, "n"), f"{message}; allowed is at most the members of each", of_site=True)
    return found
