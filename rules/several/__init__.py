"""Rules over several points: which subjects they have, who their members are, and what is wrong with them."""

from rules.several.resolve import Finding, resolve
from rules.several.resolved import SEVERAL, Members, Resolved

__all__ = ["SEVERAL", "Finding", "Members", "Resolved", "resolve"]
