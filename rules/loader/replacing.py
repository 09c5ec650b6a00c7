"""A site's rule in the place of a pack's: it may be stricter, never looser without saying so (semantics 5.8)."""

from fnmatch import fnmatchcase

from plant.mistakes import Mistake
from rules.loader.rule_files import PlacedRule
from rules.schema import AnyLevel, Level, Rule
from rules.subjects import SubjectIndex

_SHOWN = 5


def replace_pack_rules(
    packs: list[PlacedRule], own: list[PlacedRule], index: SubjectIndex, mistakes: list[Mistake]
) -> list[PlacedRule]:
    """The rules in force: the packs' without those that the site replaces, then the site's with what they inherit."""
    of_pack = {placed.rule.id: placed for placed in packs}
    replaced = {placed.rule.id for placed in own}
    rules = [placed for placed in packs if placed.rule.id not in replaced]
    for placed in own:
        pack = of_pack.get(placed.rule.id)
        if pack is None:
            if placed.rule.drops.points or placed.rule.drops.levels:
                mistakes.append(placed.mistake("drops", "this rule replaces no pack's rule, so it can't drop anything"))
            rules.append(placed)
        else:
            rules.append(_inherit(placed, pack, index, mistakes))
    return rules


def looser(level: str, value: float, ceiling: float) -> bool:
    """Whether a limit lies beyond its ceiling: a high above it, a low below it."""
    return value > ceiling if level in ("h", "hh") else value < ceiling


def _inherit(own: PlacedRule, pack: PlacedRule, index: SubjectIndex, mistakes: list[Mistake]) -> PlacedRule:
    rule, base = own.rule, pack.rule
    if rule.condition.kind != base.condition.kind:
        message = f"{rule.condition.kind} in the place of {pack.file}'s {base.condition.kind}, allowed is that kind"
        mistakes.append(own.mistake("condition", message))
        return own
    if base.unit_symbols and not set(rule.unit_symbols) <= set(base.unit_symbols):
        message = f"{', '.join(rule.unit_symbols)} are not {pack.file}'s, allowed are {', '.join(base.unit_symbols)}"
        mistakes.append(own.mistake("unit_symbols", message))
    _check_delays(own, base, pack.file, mistakes)
    _check_coverage(own, base, pack.file, index, mistakes)
    ceiling: dict[Level, float] = dict(rule.ceiling)
    for level, most in base.ceiling.items():
        if level in rule.levels:
            if level in ceiling and looser(level, ceiling[level], most):
                message = f"{ceiling[level]:.15g} is looser than {pack.file}'s ceiling {most:.15g}"
                mistakes.append(own.mistake(f"ceiling.{level}", message))
            ceiling.setdefault(level, most)
    never: tuple[AnyLevel, ...] = tuple(
        level for level in rule.levels if level in rule.never_suppress or level in base.never_suppress
    )
    inherited = rule.model_copy(
        update={
            "ceiling": ceiling,
            "never_suppress": never,
            "source": rule.source or base.source,
            "unit_symbols": rule.unit_symbols or base.unit_symbols,
        }
    )
    return PlacedRule(inherited, own.file, own.node, own.of_pack)


def _check_delays(own: PlacedRule, base: Rule, pack: str, mistakes: list[Mistake]) -> None:
    for level in own.rule.levels:
        if level not in base.levels:
            continue
        delay_s, most_s = own.rule.on_delay_of(level), base.on_delay_of(level)
        if delay_s > most_s:
            path = f"on_delay_s.{level}" if isinstance(own.rule.on_delay_s, dict) else "on_delay_s"
            message = f"{delay_s:.15g} s for {level} is longer than {pack}'s, allowed is at most {most_s:.15g}"
            mistakes.append(own.mistake(path, message))


def _check_coverage(own: PlacedRule, base: Rule, pack: str, index: SubjectIndex, mistakes: list[Mistake]) -> None:
    if not base.enabled:
        return
    rule = own.rule
    lost_levels = [level for level in base.levels if level not in rule.levels and level not in rule.drops.levels]
    if lost_levels:
        message = (
            f"no longer covers {', '.join(lost_levels)} of {pack}, allowed where drops: {{levels: [..]}} lists them"
        )
        mistakes.append(own.mistake("condition", message))
    covered = {point.point for point in index.of(rule)} if rule.enabled else set()
    lost = [point.point for point in index.of(base) if point.point not in covered]
    lost = [point for point in lost if not any(fnmatchcase(point, glob) for glob in rule.drops.points)]
    if lost:
        more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
        message = (
            f"no longer covers {', '.join(lost[:_SHOWN])}{more} of {pack}, "
            "allowed where drops: {points: [..]} lists them (* is any text)"
        )
        mistakes.append(own.mistake("applies_to" if rule.enabled else "enabled", message))
