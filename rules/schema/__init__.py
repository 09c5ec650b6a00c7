"""The rule file as pydantic models: what a rule may say (JSON Schema by `tocsin schema rules`)."""

from rules.schema.active import Active, Shift, When
from rules.schema.base import LONGEST_S, AnyLevel, Level, RuleId, Severity
from rules.schema.condition import Condition
from rules.schema.device import Calibration, Clock, Drift, Flapping
from rules.schema.levelled import Limit, Rate, Twa, Window
from rules.schema.rule import AppliesTo, Rule, RuleFile
from rules.schema.several import Expression, GatewayDown, Member, Sequence, Vote
from rules.schema.single import Discrete, Frozen, Range, Stale
from rules.schema.trend import Deviation, Forecast

__all__ = [
    "LONGEST_S",
    "Active",
    "AnyLevel",
    "AppliesTo",
    "Calibration",
    "Clock",
    "Condition",
    "Deviation",
    "Discrete",
    "Drift",
    "Expression",
    "Flapping",
    "Forecast",
    "Frozen",
    "GatewayDown",
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
    "Shift",
    "Stale",
    "Twa",
    "Vote",
    "When",
    "Window",
]
