"""The rule file as pydantic models: what a rule may say (JSON Schema by `tocsin schema rules`)."""

from rules.schema.base import LONGEST_S, AnyLevel, Level, RuleId, Severity
from rules.schema.condition import Condition
from rules.schema.levelled import Limit, Rate, Twa, Window
from rules.schema.rule import AppliesTo, Rule, RuleFile
from rules.schema.several import Expression, Member, Sequence, Vote
from rules.schema.single import Discrete, Frozen, Range, Stale
from rules.schema.trend import Deviation, Forecast

__all__ = [
    "LONGEST_S",
    "AnyLevel",
    "AppliesTo",
    "Condition",
    "Deviation",
    "Discrete",
    "Expression",
    "Forecast",
    "Frozen",
    "Level",
    "Limit",
    "Member",
    "Range",
    "Rate",
    "Rule",
    "RuleFile",
    "RuleId",
    "Sequence",
    "Severity",
    "Stale",
    "Twa",
    "Vote",
    "Window",
]
