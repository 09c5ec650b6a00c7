"""Risk of every place, in two kinds that are never merged: the inherent grade, and the state of its alarms (pure)."""

from alerts.risk.inherent import Inherent, InherentGrades, Live
from alerts.risk.nodes import SITE, Node, Nodes
from alerts.risk.standing import Standing, standing_of
from alerts.risk.tree import NodeChange, NodeState, RiskTree

__all__ = [
    "SITE",
    "Inherent",
    "InherentGrades",
    "Live",
    "Node",
    "NodeChange",
    "NodeState",
    "Nodes",
    "RiskTree",
    "Standing",
    "standing_of",
]
