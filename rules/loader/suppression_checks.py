"""`suppresses` of a rule: what it names, and what nothing may hide."""

from plant.mistakes import Mistake
from rules.loader.rule_files import PlacedRule
from rules.several import SEVERAL


def check_suppression(rules: list[PlacedRule], mistakes: list[Mistake]) -> None:
    """Note rules that can't be suppressed by design. A pack may name rules of packs that are not switched on."""
    by_id = {placed.rule.id: placed.rule for placed in rules}
    for placed in rules:
        given = placed.rule.suppresses
        for name in given.rules if given is not None else ():
            found = by_id.get(name)
            message = ""
            if found is None:
                message = "" if placed.of_pack else f"there is no rule {name}, allowed are ids of rules in force"
            elif name == placed.rule.id:
                message = f"{name} can't suppress itself"
            elif found.never_suppress:
                message = f"{name} has levels that nothing may hide (never_suppress: {', '.join(found.never_suppress)})"
            elif found.condition.kind in SEVERAL:
                message = f"{name} is about more than a point, allowed are rules on one point each"
            if message:
                mistakes.append(placed.mistake("suppresses", message))
