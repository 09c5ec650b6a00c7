"""`tocsin selftest`: does an alarm get through? Run a test alarm now, or see how the last ones went."""

import sys
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from tocsin.cli.options import DEFAULT_DATA, Data, existing
from tocsin.cli.shown import shown_text, shown_time
from tocsin.clock import SystemClock
from tocsin.log.layout import SELF_TESTS
from tocsin.runtime.control import SelfTestRequest, ask
from tocsin.selftest.record import LEGS, Run, load_kept

app = typer.Typer(help="Test alarms, from the broker to the last channel.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@app.callback()
def _selftest() -> None:
    """Test alarms, from the broker to the last channel."""


@app.command()
def run(data: Data = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Start a test alarm in the running service and wait for its end. Exit code 1 if it did not get through."""
    answer = ask(existing(data), SelfTestRequest())
    if answer.selftest is None:
        print(answer.refused or answer.error, file=sys.stderr)
        raise typer.Exit(1)
    done = msgspec.json.decode(answer.selftest, type=Run)
    if as_json:
        print(answer.selftest.decode())
    else:
        _show([done])
    if not done.ok:
        print(_what_failed(done), file=sys.stderr)
        raise typer.Exit(1)


@app.command()
def status(
    data: Data = DEFAULT_DATA,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many runs.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show the last test alarms, the newest first. Exit code 1 if the last did not get through or one is missing."""
    kept = load_kept(existing(data) / SELF_TESTS)
    if kept is None:
        print("there were no self-tests: the settings have no [selftest] section", file=sys.stderr)
        raise typer.Exit(1)
    newest = kept.runs[: -limit - 1 : -1]
    if as_json:
        print(msgspec.json.encode(msgspec.structs.replace(kept, runs=newest)).decode())
    else:
        _show(newest)
    wrong = ""
    if kept.last is not None and not kept.last.ok:
        wrong = _what_failed(kept.last)
    elif kept.missed_ms is not None and SystemClock().now_ms() >= kept.missed_ms:
        wrong = f"a good self-test is missing since {shown_time(kept.missed_ms)} (UTC)"
    if wrong:
        print(wrong, file=sys.stderr)
        raise typer.Exit(1)


def _show(runs: "list[Run] | tuple[Run, ...]") -> None:
    if not runs:
        print("none yet", file=sys.stderr)
        return
    table = Table("begun at (UTC)", "why", "outcome", *[f"{leg}, s" for leg in LEGS], "over")
    for one in runs:
        legs = [f"{one.legs[leg]:.2f}" if leg in one.legs else "" for leg in LEGS]
        outcome = "good" if one.ok else f"{one.failed} failed"
        table.add_row(shown_time(one.begun_ms), one.cause, outcome, *legs, ", ".join(one.over))
    Console(width=None if sys.stdout.isatty() else 200, markup=False).print(table)


def _what_failed(run: Run) -> str:
    return f"{run.failed}: {shown_text(run.reason)}"
