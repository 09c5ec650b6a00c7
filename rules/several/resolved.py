"""What a rule over several points comes down to on a site: its subjects, their members and their points."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rules.schema import Rule

Index = NDArray[np.intp]
SEVERAL: Final = ("vote", "expression", "sequence", "gateway_down")


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """Pairs of a subject and a member. `member` is a subject of the rule `named`: a place in `site.points`, or in the
    ids of a rule over several points; with `named` "" it is a point itself. `role` is the place of the name in an
    expression, or 0 for `first` and 1 for `then` of a sequence."""

    named: str
    subject: Index
    member: Index
    role: Index


@dataclass(frozen=True, slots=True, eq=False)
class Resolved:
    """A rule's subjects; all pairs are ordered by subject.

    depth           0 where all members are points or subjects of rules on points, else one more than the deepest
    ids             by subject: a unit, an enterprise, a device or `site`
    enterprises     by subject; "" for the site
    points_subject, points   pairs of a subject and a place in `site.points`: all points it rests on, each once
    """

    rule: Rule
    depth: int
    ids: tuple[str, ...]
    enterprises: tuple[str, ...]
    members: tuple[Members, ...]
    points_subject: Index
    points: Index
