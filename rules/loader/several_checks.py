"""Rules over several points against the site and the rules that they name."""

from plant.mistakes import Mistake
from plant.site import Site
from rules.loader.rule_files import PlacedRule
from rules.several import resolve
from rules.subjects import SubjectIndex


def check_several(rules: list[PlacedRule], site: Site, index: SubjectIndex, mistakes: list[Mistake]) -> None:
    """Note what is wrong: named rules that are missing or switched off, circles, formulas, points of other units."""
    placed_of = {placed.rule.id: placed for placed in rules}
    _, findings = resolve(site, [placed.rule for placed in rules], index)
    for finding in findings:
        placed = placed_of[finding.rule]
        if placed.of_pack and finding.of_site and not finding.warning:
            mistakes.append(placed.mistake_at(finding.path, finding.message, warning=True))
        elif not (placed.of_pack and finding.warning):
            mistakes.append(placed.mistake_at(finding.path, finding.message, warning=finding.warning))
