"""`tocsin rules test`: do the rules raise what operators say they raise?"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer


def run_tests(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of rule tests, or folders of them.")],
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Name the tests that pass, too.")] = False,
) -> None:
    """Run rule tests: given these values at these times, are these the events?"""
    from plant.mistakes import InputError, Mistake

    passed = failed = 0
    mistakes: list[Mistake] = []
    for path in _files(files):
        try:
            ok, wrong = _run(path, verbose)
        except InputError as error:
            mistakes += error.mistakes
            continue
        passed, failed = passed + ok, failed + wrong
    print(f"{passed} passed, {failed} failed", file=sys.stderr)
    if mistakes:
        raise InputError(mistakes)
    if failed:
        raise typer.Exit(1)


def _files(paths: list[Path]) -> Iterator[Path]:
    """The files, and those ending in .yaml of the folders."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(path.glob("*.yaml"))
        if not found:
            raise typer.BadParameter(f"no file ends in .yaml in the folder {path}")
        yield from found


def _run(path: Path, verbose: bool) -> tuple[int, int]:
    """(tests that passed, tests that failed) of one file; what failed is printed."""
    from rules.trial import failure_lines, judge, read_trials, run_trial

    file = read_trials(path)
    failed = 0
    for trial in file.tests:
        run = run_trial(trial, file.site, file.rules, file.start_ms)
        verdict = judge(trial.form, run)
        if not verdict.passed:
            failed += 1
            print(*failure_lines(trial, run, verdict), sep="\n")
        elif verbose:
            print(f"{trial.file}:{trial.line}: passed: {trial.form.name}")
    return len(file.tests) - failed, failed
