"""Settings worth trying on an alarm that wears people out. Limits are never touched, so no ceiling is passed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final, Literal

from plant.site import Point
from rules.levels import effective_deadband, effective_levels, takes_cells
from rules.schema import AnyLevel, Rule
from tocsin.whatif.nuisance import Record

Setting = Literal["deadband", "deadband_fraction", "off_delay_s", "on_delay_s", "after_s"]

EEMUA_PERCENT: Final = (
    ("*temperature*", 1.0),
    ("*level*", 2.0),
    ("*pressure*", 2.0),
    ("dust.dp", 2.0),
    ("*flow*", 5.0),
)
"""Starting deadbands by kind of point, in percent of its range (EEMUA 191)."""

_PERCENT: Final = (1.0, 2.0, 5.0, 10.0)
_FRACTIONS: Final = (0.1, 0.2, 0.3, 0.5)
_OFF_S: Final = (10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)
_ON_S: Final = (3.0, 5.0, 10.0, 30.0, 60.0)
_SILENCES: Final = (2.0, 4.0, 10.0, 30.0)
_LEVELS_OF: Final[dict[str, tuple[AnyLevel, ...]]] = {"high": ("h", "hh"), "low": ("ll", "l"), "": ("on",)}
_WITH_DEADBAND: Final = ("limit", "window", "twa")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One setting on one rule and point, and the rule that has it, for that point alone."""

    setting: Setting
    before: float
    """What it is now: seconds, or for a deadband the point's unit."""
    value: float
    levels: tuple[AnyLevel, ...]
    """The levels whose delay it sets; empty for the others."""
    rule: Rule
    origin: str = ""
    """Whose figure it is, where it is not just a step on a ladder."""


def on_point(rule: Rule, point: Point, rule_id: str) -> Rule:
    """A copy of a rule under another id, for one point, with the point's cells put into the rule."""
    update: dict[str, Any] = {
        "id": rule_id,
        "applies_to": rule.applies_to.model_copy(update={"points": (point.point,)}),
    }
    if takes_cells(rule):
        levels = effective_levels(rule, point)
        if levels:
            given = {**levels, "deadband": effective_deadband(rule, point)}
            update |= {"cells": False, "condition": _with_parameters(rule, given, only=True)}
    return rule.model_copy(update=update)


def candidates(
    rule: Rule, point: Point, side: str, record: Record, longest_on_s: Mapping[AnyLevel, float]
) -> Iterator[Candidate]:
    """What to try, in the order of preference.

    Of an alarm that chatters or repeats larger settings, of one that only stands too long smaller ones. `longest_on_s`
    are the on-delays that a pack allows its levels. Levels of never_suppress, hh and ll get no on-delay.
    """
    copy = on_point(rule, point, rule.id)
    smaller = not (record.chatters or record.repeats)
    yield from _deadbands(copy, point, smaller=smaller)
    if rule.condition.stale is not None:
        if not smaller:
            yield from _silences(copy, point)
        return
    levels = tuple(level for level in rule.levels if level in _LEVELS_OF[side])
    yield from _off_delays(copy, levels, smaller=smaller)
    if not smaller:
        yield from _on_delays(copy, levels, longest_on_s)


def _deadbands(rule: Rule, point: Point, *, smaller: bool) -> Iterator[Candidate]:
    kind = rule.condition.kind
    given = getattr(rule.condition, kind)
    if kind == "rate":
        now = given.deadband_fraction
        for value in [now / 2, 0.0] if smaller else _FRACTIONS:
            if (value < now) if smaller else (value > now):
                changed = {"deadband_fraction": value}
                yield Candidate("deadband_fraction", now, value, (), _with(rule, changed))
    if kind not in _WITH_DEADBAND or (kind == "window" and given.stat == "count"):
        return
    now, tried = given.deadband, set()
    for value, origin in _sizes(point, now, smaller=smaller):
        if value not in tried and _can_clear(rule, point, value):
            tried.add(value)
            yield Candidate("deadband", now, value, (), _with(rule, {"deadband": value}), origin)


def _sizes(point: Point, now: float, *, smaller: bool) -> Iterator[tuple[float, str]]:
    span = None if point.range_low is None or point.range_high is None else point.range_high - point.range_low
    sizes: list[tuple[float, str]] = []
    if span is not None:
        eemua = next((percent for glob, percent in EEMUA_PERCENT if fnmatchcase(point.kind, glob)), None)
        if eemua is not None:
            sizes.append((span * eemua / 100, f"EEMUA 191: {eemua:g} % of the range"))
        sizes += [(span * percent / 100, f"{percent:g} % of the range") for percent in _PERCENT]
    if smaller:
        sizes += [(now / 2, ""), (0.0, "")]
    elif now > 0:
        sizes += [(now * factor, "") for factor in (2.0, 4.0)]
    for value, origin in sizes:
        value = float(f"{value:.3g}")
        if (value < now) if smaller else (value > now):
            yield value, origin


def _can_clear(rule: Rule, point: Point, deadband: float) -> bool:
    """Whether every level still goes off within the range and before the level opposite comes on."""
    levels = {
        level: v
        for level in rule.levels
        if (v := getattr(getattr(rule.condition, rule.condition.kind), level)) is not None
    }
    low, high = point.range_low, point.range_high
    lowest = max([levels[k] for k in ("ll", "l") if k in levels], default=low)
    highest = min([levels[k] for k in ("h", "hh") if k in levels], default=high)
    for level, value in levels.items():
        if level in ("h", "hh") and lowest is not None and value - deadband <= lowest:
            return False
        if level in ("ll", "l") and highest is not None and value + deadband >= highest:
            return False
    return True


def _silences(rule: Rule, point: Point) -> Iterator[Candidate]:
    stale = rule.condition.stale
    assert stale is not None  # noqa: S101 - the caller asked
    now = 3 * point.period_s if stale.after_s is None else stale.after_s
    for factor in _SILENCES:
        yield Candidate("after_s", now, now * factor, (), _with(rule, {"after_s": now * factor}))


def _off_delays(rule: Rule, levels: tuple[AnyLevel, ...], *, smaller: bool) -> Iterator[Candidate]:
    now = max((rule.off_delay_of(level) for level in levels), default=0.0)
    for value in [now / 2, 0.0] if smaller else _OFF_S:
        if (value < now) if smaller else (value > now):
            yield Candidate("off_delay_s", now, value, levels, _with_delay(rule, "off_delay_s", levels, value))


def _on_delays(rule: Rule, levels: tuple[AnyLevel, ...], longest_s: Mapping[AnyLevel, float]) -> Iterator[Candidate]:
    may = tuple(level for level in levels if level not in rule.never_suppress and level not in ("hh", "ll"))
    if not may:
        return
    now = max(rule.on_delay_of(level) for level in may)
    for value in _ON_S:
        if value > now and all(value <= longest_s.get(level, value) for level in may):
            yield Candidate("on_delay_s", now, value, may, _with_delay(rule, "on_delay_s", may, value))


def with_setting(rule: Rule, candidate: Candidate) -> Rule:
    """A rule with a candidate's setting, for all its points; its version is one higher."""
    if candidate.setting in ("on_delay_s", "off_delay_s"):
        changed = _with_delay(rule, candidate.setting, candidate.levels, candidate.value)
    else:
        changed = _with(rule, {candidate.setting: candidate.value})
    return changed.model_copy(update={"version": rule.version + 1})


def _with(rule: Rule, parameters: dict[str, Any]) -> Rule:
    return rule.model_copy(update={"condition": _with_parameters(rule, parameters, only=False)})


def _with_parameters(rule: Rule, parameters: Mapping[str, Any], *, only: bool) -> Any:
    """The condition with these parameters, `only`: with no others that could be in the file."""
    kind = rule.condition.kind
    given = getattr(rule.condition, kind)
    kept = {} if only else given.model_dump(by_alias=True, exclude_unset=True)
    return rule.condition.model_copy(update={kind: type(given).model_validate({**kept, **parameters})})


def _with_delay(rule: Rule, name: str, levels: tuple[AnyLevel, ...], value: float) -> Rule:
    """A delay of some levels; the others keep theirs."""
    of = rule.on_delay_of if name == "on_delay_s" else rule.off_delay_of
    by_level = {level: max(of(level), value) if value > of(level) else value for level in levels}
    every = {level: by_level.get(level, of(level)) for level in rule.levels}
    return rule.model_copy(update={name: value if set(every.values()) == {value} else every})
