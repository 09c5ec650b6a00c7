"""The stream rule engine: compile a site and its rules with `make_plan`, fold the log with `Engine`."""

from rules.engine.engine import Engine
from rules.engine.plan import Plan, make_plan
from rules.engine.reconfigure import reconfigure
from rules.engine.state import STATE_VERSION, State, dump_state, load_state

__all__ = ["STATE_VERSION", "Engine", "Plan", "State", "dump_state", "load_state", "make_plan", "reconfigure"]
