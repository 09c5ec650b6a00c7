"""What the kinds of conditions over several points look at while their rules are resolved."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice

import numpy as np

from rules.schema import Rule
from rules.several.places import SitePlaces
from rules.several.resolved import Index, Members, Resolved
from rules.subjects import Positions, SubjectIndex

_MOST_COMPARED = 20_000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a rule, at a path of keys within it."""

    rule: str
    path: tuple[str, ...]
    message: str
    warning: bool = False
    of_site: bool = False
    """Whether another site may be fine: a pack's rule is not to blame for it."""


class Wrong(Exception):  # noqa: N818 - it carries a finding, and never leaves this room
    """A rule that can't be resolved."""

    def __init__(self, rule: Rule, path: tuple[str, ...], message: str) -> None:
        self.finding = Finding(rule.id, path, message)
        super().__init__(message)


@dataclass(slots=True)
class SiteView:
    index: SubjectIndex
    places: SitePlaces
    rules: dict[str, Rule]
    resolved: dict[str, Resolved] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    _matching: dict[str, Positions] = field(default_factory=dict)
    _hints_left: int = 5

    def note(
        self, rule: Rule, path: tuple[str, ...], message: str, *, warning: bool = False, of_site: bool = False
    ) -> None:
        self.findings.append(Finding(rule.id, path, message, warning, of_site))

    def hint(self, text: str, known: Iterable[str]) -> str:
        """The nearest known name: dear where there are many, so only for the first few mistakes."""
        self._hints_left -= 1
        if self._hints_left < 0:
            return ""
        near = get_close_matches(text[:64], list(islice(known, _MOST_COMPARED)), n=1)
        return f"; did you mean {near[0]}?" if near else ""

    def matching(self, rule: Rule) -> Positions:
        """The points that match a rule's `applies_to`."""
        if rule.id not in self._matching:
            self._matching[rule.id] = self.index.positions_of(rule)
        return self._matching[rule.id]

    def depth_over(self, names: list[str]) -> int:
        return max((self.resolved[name].depth + 1 for name in names if name in self.resolved), default=0)

    def grouped(self, rule: Rule, named: str, per: str, path: tuple[str, ...]) -> tuple[Index, Index]:
        """(member, code of its place) of the subjects of the named rule that match `applies_to`."""
        place = self.places.of[per]
        matching = self.matching(rule)
        inner = self.resolved.get(named)
        if inner is None:
            found = self.rules.get(named)
            if found is None or not found.enabled:
                return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
            member = np.intersect1d(self.matching(found), matching, assume_unique=True)
            code = place.codes[member]
            return member[code >= 0], code[code >= 0]
        code, odd = place.of_all(inner.points_subject, inner.points, len(inner.ids))
        member = np.unique(inner.points_subject[np.isin(inner.points, matching)])
        spread = np.intersect1d(odd, member)
        if len(spread):
            raise Wrong(rule, path, f"{inner.ids[spread[0]]}, a subject of {named}, is in no one {per}")
        return member, code[member]

    def points_of(self, part: Members) -> tuple[Index, Index]:
        """(subject, point) for all points that these members rest on."""
        inner = self.resolved.get(part.named)
        if inner is None:
            return part.subject, part.member
        begin = np.searchsorted(inner.points_subject, part.member)
        count = np.searchsorted(inner.points_subject, part.member, side="right") - begin
        ends = np.cumsum(count)
        within = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - count, count)
        return np.repeat(part.subject, count), inner.points[np.repeat(begin, count) + within]

    def finish(
        self, rule: Rule, per: str, codes: Index, names: tuple[str, ...], members: tuple[Members, ...]
    ) -> Resolved:
        """Put together what was found; `codes` are the places of the subjects, members are ordered by subject."""
        pairs = [self.points_of(part) for part in members]
        subject = np.concatenate([s for s, _ in pairs])
        point = np.concatenate([p for _, p in pairs])
        # Each pair once, ordered by subject.
        points = max(len(self.index.points), 1)
        both = np.unique(subject * points + point)
        if not len(codes) and len(self.matching(rule)):
            self.note(rule, ("applies_to",), f"applies to no {per} of the site", warning=True)
        ids = tuple(self.places.of[per].names[code] for code in codes.tolist())
        enterprises = self.places.enterprises_of(per, codes)
        named = [name for name in names if name]
        return Resolved(rule, self.depth_over(named), ids, enterprises, members, both // points, both % points)
