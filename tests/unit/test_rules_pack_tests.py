"""Every pack ships tests of its rules, as operators write them; they hold, and leave no rule out."""

from importlib.resources import files
from pathlib import Path

import pytest

from rules.loader import pack_names
from rules.loader.packs import pack_text
from rules.loader.rule_files import rules_of_text
from rules.trial import failure_lines, judge, read_trials, run_trial

FOLDER = Path(str(files("rules"))) / "packs" / "tests"


@pytest.mark.parametrize("name", pack_names())
def test_the_tests_of_a_pack_hold_and_name_each_of_its_rules(name: str) -> None:
    file = read_trials(FOLDER / f"{name}.yaml")
    raised: set[str] = set()
    for trial in file.tests:
        run = run_trial(trial, file.site, file.rules, file.start_ms)
        verdict = judge(trial.form, run)
        assert verdict.passed, "\n".join(failure_lines(trial, run, verdict))
        raised |= {wanted.rule for wanted in trial.form.expect or () if wanted.rule and wanted.event == "raised"}
    rules = {placed.rule.id for placed in rules_of_text(pack_text(name), name, [], of_pack=True) if placed.rule.enabled}
    assert raised >= rules


def test_no_tests_are_left_of_a_pack_that_is_gone() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(pack_names())
