"""Operators' tests of rules: given these values at these times, expect these events (docs/reference/rule-tests.md)."""

from rules.trial.compare import Verdict, judge
from rules.trial.files import TrialFile, read_trials
from rules.trial.report import failure_lines
from rules.trial.runner import Trial, TrialRun, run_trial
from rules.trial.schema import trial_schema

__all__ = [
    "Trial",
    "TrialFile",
    "TrialRun",
    "Verdict",
    "failure_lines",
    "judge",
    "read_trials",
    "run_trial",
    "trial_schema",
]
