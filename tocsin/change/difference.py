"""What sets two configurations apart, for the eyes of whoever answers for the change."""

from collections.abc import Collection
from dataclasses import dataclass

from alerts.record import AlarmRecord
from rules.schema import Rule
from tocsin.configuration import Configured, kept_files
from tocsin.whatif.rule_changes import ItemChange, point_changes, rule_changes

_SHOWN_AS_RULES = ("rules/", "points.csv")


@dataclass(frozen=True, slots=True)
class Difference:
    """`files` are the names of other files that differ; `unversioned` rules decide otherwise under the same version."""

    rules: list[ItemChange]
    points: list[ItemChange]
    files: list[str]
    unversioned: list[str]

    @property
    def none(self) -> bool:
        """Whether nothing that is shown differs: comments or the order of rows may."""
        return not (self.rules or self.points or self.files)


def difference(before: Configured, after: Configured) -> Difference:
    """Rules and points field by field, other files by name."""
    rules = rule_changes(before.rules, after.rules)
    one, other = kept_files(before.stored), kept_files(after.stored)
    names = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    return Difference(
        rules,
        point_changes(before.site, after.site),
        [name for name in names if not name.startswith(_SHOWN_AS_RULES)],
        [item.id for item in rules if _unversioned(item)],
    )


def ending(open_alarms: Collection[AlarmRecord], after: Configured) -> list[AlarmRecord]:
    """Those that will be cleared because their rule, or their point, is no longer there (semantics 5.8).

    Of an alarm on several points only the rule is looked at.
    """
    rules: dict[str, Rule] = {rule.id: rule for rule in after.rules if rule.enabled}
    return [a for a in open_alarms if a.cleared_at is None and a.rule not in rules]


def _unversioned(item: ItemChange) -> bool:
    paths = {change.path for change in item.fields}
    return item.what == "changed" and not item.wording_only and "version" not in paths
