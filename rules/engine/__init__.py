"""The stream rule engine: compile a site and its rules with `make_plan`, fold the log with `Engine`."""

from rules.engine.engine import Engine
from rules.engine.plan import Plan, make_plan

__all__ = ["Engine", "Plan", "make_plan"]
