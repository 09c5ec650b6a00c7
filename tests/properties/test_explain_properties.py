"""Every alarm that a service has raised is decided again from its log, whatever was changed and done meanwhile."""

from pathlib import Path
from random import Random

import pytest
from support.core_runs import Run, run_live
from support.random_cases import random_case

from tocsin.explain.explain import explain
from tocsin.explain.form import explain_form
from tocsin.explain.story import Story
from tocsin.records import FolderRecords


def alarms_of(run: Run) -> list[str]:
    return sorted({booked.numbered.event.alarm for booked in run.core.book.events(limit=1_000_000)})


@pytest.mark.parametrize("seed", range(12))
def test_every_alarm_is_reproduced(tmp_path: Path, seed: int) -> None:
    rng = Random(seed)
    run, _ = run_live(tmp_path / "live", random_case(rng, entries=80, points=5, rules=6), rng)
    if rng.random() < 0.5:
        run.core.checkpoint()()
    alarms = alarms_of(run)
    run.core.close()
    for alarm in rng.sample(alarms, min(len(alarms), 6)):
        found = explain(FolderRecords(run.data), alarm)
        assert found.verdict == "reproduced", Story(found, "en").proof()
        for lang in ("en", "zh"):
            form = explain_form(found, lang)  # type: ignore[arg-type]
            assert form["alarm"] == alarm
            assert "{" not in "".join([form["proof"], *form["why"]])
