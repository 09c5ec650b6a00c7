"""All rules of a site, or all that is wrong with them."""

from pathlib import Path

from plant.mistakes import InputError, Mistake
from plant.site import Site
from rules.loader.replacing import replace_pack_rules
from rules.loader.rule_files import PlacedRule, read_own_rules, read_pack_rules
from rules.loader.several_checks import check_several
from rules.loader.site_checks import SiteChecks
from rules.loader.suppression_checks import check_suppression
from rules.schema import Rule
from rules.subjects import SubjectIndex


def read_rules(directory: Path, site: Site) -> tuple[list[Rule], list[Mistake]]:
    """The rules in force at a site (its packs' first, then those of rules/*.yaml) and warnings.

    Raises InputError with every error found, and the warnings beside them. `file` of a mistake is relative to the
    site folder, or `pack NAME`. Rules: see docs/reference/rules.md.
    """
    mistakes: list[Mistake] = []
    packs = read_pack_rules(directory, site, mistakes)
    own = read_own_rules(directory, mistakes)
    rules = settle_rules(packs, own, site, mistakes)
    if any(mistake.level == "error" for mistake in mistakes):
        raise InputError(mistakes)
    return rules, sorted(mistakes)


def settle_rules(packs: list[PlacedRule], own: list[PlacedRule], site: Site, mistakes: list[Mistake]) -> list[Rule]:
    """What is in force of packs' rules and a site's own, checked against the site; mistakes and warnings are added."""
    index = SubjectIndex(site)
    rules = replace_pack_rules(packs, own, index, mistakes)
    checks = SiteChecks(site, index, mistakes)
    for placed in rules:
        checks.check(placed)
    checks.finish()
    check_several(rules, site, index, mistakes)
    check_suppression(rules, mistakes)
    return [placed.rule for placed in rules]
