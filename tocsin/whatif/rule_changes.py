"""What differs between two rule sets and two tables of points, field by field."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from plant.site import Point, Site
from rules.schema import Rule

What = Literal["added", "removed", "changed"]

WORDING: Final = ("version", "text", "guidance", "source")
"""Keys of a rule that say something and decide nothing."""

_PER_LEVEL: Final = ("on_delay_s", "off_delay_s", "severity", "latch", "never_suppress")
_DECIDING_CELLS: Final = (
    "unit",
    "enterprise",
    "kind",
    "unit_symbol",
    "range_low",
    "range_high",
    "period_s",
    "report",
    "ll",
    "l",
    "h",
    "hh",
    "deadband",
    "device",
    "tags",
)
FROM_CELL: Final = "from the point's cell"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A value at a dotted path of keys; None where it is not given."""

    path: str
    before: object
    after: object

    @property
    def wording(self) -> bool:
        """Whether it changes what is said, not what is decided."""
        return self.path.split(".")[0] in WORDING


@dataclass(frozen=True, slots=True)
class ItemChange:
    """A rule or a point that was added, removed or changed. `fields` are empty unless it was changed."""

    id: str
    what: What
    fields: tuple[FieldChange, ...] = ()

    @property
    def wording_only(self) -> bool:
        """Whether only what is said has changed."""
        return self.what == "changed" and all(change.wording for change in self.fields)


def rule_changes(before: Sequence[Rule], after: Sequence[Rule]) -> list[ItemChange]:
    """By id. Values are compared as they take effect: a delay of 3 and {h: 3, hh: 3} are one for levels h and hh."""
    return list(
        _items(
            {rule.id: effective_values(rule) for rule in before}, {rule.id: effective_values(rule) for rule in after}
        )
    )


def point_changes(before: Site, after: Site) -> list[ItemChange]:
    """By id, of what a decision can depend on."""
    return list(_items(_flat_points(before), _flat_points(after)))


def _flat_points(site: Site) -> dict[str, dict[str, object]]:
    return {point.point: _flat_point(point, site) for point in site.points.values()}


def _items(before: Mapping[str, dict[str, object]], after: Mapping[str, dict[str, object]]) -> Iterator[ItemChange]:
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield ItemChange(name, "removed")
        elif name not in before:
            yield ItemChange(name, "added")
        elif before[name] != after[name]:
            one, other = before[name], after[name]
            paths = [*one, *(path for path in other if path not in one)]
            changed = [FieldChange(path, one.get(path), other.get(path)) for path in paths]
            yield ItemChange(name, "changed", tuple(c for c in changed if c.before != c.after))


def effective_values(rule: Rule) -> dict[str, object]:
    """Dotted path of keys -> value, as it takes effect: defaults put in, delays and severities by level, no id."""
    form = rule.model_dump(mode="json", by_alias=True, exclude={"id", "drops", *_PER_LEVEL})
    kind = rule.condition.kind
    parameters = form.pop("condition")[kind]
    parameters.pop("severity", None)  # Below, by level, from wherever it was given.
    flat: dict[str, object] = {"condition": kind}
    given = getattr(rule.condition, kind)
    for path, value in _leaves(parameters, f"condition.{kind}."):
        level = path.rsplit(".", 1)[1]
        named = value is None and level in ("ll", "l", "h", "hh") and level in given.model_fields_set
        flat[path] = FROM_CELL if named else value
    for level in rule.levels:
        flat[f"on_delay_s.{level}"] = rule.on_delay_of(level)
        flat[f"off_delay_s.{level}"] = rule.off_delay_of(level)
        flat[f"severity.{level}"] = rule.severity_of(level)
        flat[f"latch.{level}"] = rule.latches(level)
        flat[f"never_suppress.{level}"] = level in rule.never_suppress
    flat.update(_leaves(form, ""))
    return {path: value for path, value in flat.items() if value not in (None, [])}


def _flat_point(point: Point, site: Site) -> dict[str, object]:
    flat: dict[str, object] = {}
    for field in fields(point):
        if field.name in _DECIDING_CELLS:
            value = getattr(point, field.name)
            flat[field.name] = sorted(value) if isinstance(value, tuple) else value
    flat["unit_kind"] = site.units[point.unit].kind
    return {path: value for path, value in flat.items() if value not in (None, [])}


def _leaves(value: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, object]]:
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _leaves(inner, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", inner
