"""The rules as people of a part of the site see them, the versions that were in force, and the files behind them."""

import csv
import io
import threading
from collections import OrderedDict
from typing import Final, Literal, NamedTuple

import numpy as np

from plant.site import Point
from rules.schema import Rule
from rules.subjects import SubjectIndex
from tocsin.accounts.roles import Permission, Principal
from tocsin.centre.errors import ForbiddenError, NotFoundError, UnavailableError
from tocsin.centre.grounds import Grounded, Grounds
from tocsin.centre.sight import demand
from tocsin.change.difference import difference
from tocsin.change.shown import difference_lines
from tocsin.configuration import kept_files
from tocsin.log.versions import Version
from tocsin.records import UNREADABLE, Records

_KEPT: Final = 50
POINTS: Final = "points.csv"
MOST_POINTS: Final = 500


class RuleSeen(NamedTuple):
    """A rule, with the points that it names as far as they are in sight, and those that it watches: how many, and at
    most MOST_POINTS of them.
    """

    rule: Rule
    watched: int
    points: tuple[Point, ...]


class Rulebook:
    """Thread-safe. Whoever sees a part of the site sees the rules that watch a point of it."""

    def __init__(self, records: Records, grounds: Grounds) -> None:
        self._records = records
        self._grounds = grounds
        self._lock = threading.Lock()
        self._of: Grounded | None = None
        self._kept: OrderedDict[frozenset[str] | None, dict[str, RuleSeen]] = OrderedDict()

    def rules(self, principal: Principal) -> dict[str, RuleSeen]:
        """By id, in the order of the rule set; worked out once for a part of the site."""
        demand(principal, Permission.VIEW)
        now = self._grounds.now()
        sight = now.sight(principal)
        key = None if sight.whole else sight.enterprises
        with self._lock:
            if self._of is not now:
                self._kept.clear()
                self._of = now
            if key not in self._kept:
                self._kept[key] = _seen(now, key)
                if len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            return self._kept[key]

    def rule(self, principal: Principal, rule: str) -> RuleSeen:
        """One. NotFoundError."""
        found = self.rules(principal).get(rule)
        if found is None:
            raise NotFoundError(f"there is no rule {rule}")
        return found

    def versions(self, principal: Principal) -> list[Version]:
        """What was in force when, by whom and why, the newest last. For who sees the site and how it is set up."""
        self._demand_whole(principal, Permission.SETTINGS)
        try:
            return self._records.versions()
        except UNREADABLE as error:
            raise UnavailableError(str(error)) from error

    def difference(self, principal: Principal, before: str, after: str, lang: Literal["zh", "en"]) -> list[str]:
        """What sets two versions apart, in lines; they are named by their digests. NotFoundError: one is not kept."""
        self._demand_whole(principal, Permission.SETTINGS)
        resolve = self._records.resolve
        try:
            return list(difference_lines(difference(resolve(before), resolve(after)), lang))
        except LookupError as error:
            raise NotFoundError(str(error)) from error
        except UNREADABLE as error:
            raise UnavailableError(str(error)) from error

    def files(self, principal: Principal) -> dict[str, str]:
        """The rule files of the site folder in force, and points.csv: name -> text."""
        self._demand_whole(principal, Permission.WHAT_IF)
        kept = kept_files(self._grounds.now().configured.stored)
        names = sorted(name for name in kept if name.startswith("rules/") and name.endswith(".yaml"))
        return {name: kept[name].decode("utf-8-sig") for name in (*names, POINTS) if name in kept}

    def _demand_whole(self, principal: Principal, permission: Permission) -> None:
        demand(principal, permission)
        if not self._grounds.now().sight(principal).whole:
            raise ForbiddenError("it is of the whole site")


def with_limit(points: str, point: str, level: Literal["ll", "l", "h", "hh"], limit: float) -> str:
    """points.csv with another limit of one point (pure). LookupError: it has no such point; ValueError: no such column.

    A point's own limit is its cell: where a rule's number is used instead, the cell takes its place.
    """
    rows = list(csv.reader(io.StringIO(points)))
    head = rows[0] if rows else []
    if level not in head:
        rows = [[*row, level if n == 0 else ""] if row else row for n, row in enumerate(rows)]
        head = rows[0]
    name, column = head.index("point"), head.index(level)
    found = next((row for row in rows[1:] if len(row) > name and row[name] == point), None)
    if found is None:
        raise LookupError(f"points.csv has no point {point}")
    found += [""] * (column + 1 - len(found))
    found[column] = f"{limit:.12g}"
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _seen(now: Grounded, enterprises: frozenset[str] | None) -> dict[str, RuleSeen]:
    index = SubjectIndex(now.site)
    mine = np.array([enterprises is None or point.enterprise in enterprises for point in index.points], dtype=np.bool_)
    found = {}
    for name, given in now.rules.items():
        rule = given
        positions = index.positions_of(rule)
        positions = positions[mine[positions]]
        if len(positions) or enterprises is None:
            points = tuple(index.points[i] for i in positions[:MOST_POINTS].tolist())
            shown = (
                rule if enterprises is None else _narrowed(rule, {index.points[i].point for i in positions.tolist()})
            )
            found[name] = RuleSeen(shown, len(positions), points)
    return found


def _narrowed(rule: Rule, seen: set[str]) -> Rule:
    """The rule without the points that it names and somebody else has."""
    named = rule.applies_to.points
    if named is None or seen.issuperset(named):
        return rule
    applies_to = rule.applies_to.model_copy(update={"points": tuple(point for point in named if point in seen)})
    return rule.model_copy(update={"applies_to": applies_to})
