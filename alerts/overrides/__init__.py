"""Overrides: disabled, out of service, shelved; facts of their own with who, why and until (pure)."""

from alerts.overrides.override import Effect, Override, OverrideBegan, OverrideEnded, Standing, Under
from alerts.overrides.overrides import Overrides, Taken
from alerts.overrides.refusals import why_not_theirs

__all__ = [
    "Effect",
    "Override",
    "OverrideBegan",
    "OverrideEnded",
    "Overrides",
    "Standing",
    "Taken",
    "Under",
    "why_not_theirs",
]
