"""Runs the benchmarks, each in a process of its own: python -m benchmarks [names...] [--quick]

Prints every figure with its goal and writes bench-results/bench.json. Exits 1 if a benchmark broke.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure, say

FIGURES = (
    "one_reading",
    "fifty_readings",
    "bridge",
    "worker",
    "latency",
    "engine_speed",
    "replay",
    "restart",
    "simulate",
    "live_fleet",
    "wire_cost",
    "early_warning",
    "alarms",
    "reports",
    "history",
    "console",
    "open_consoles",
    "api",
    "scale",
    "scale_history",
    "scale_alarms",
)
ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench-results" / "bench.json"
TIMEOUT_S = 240.0


class Result(msgspec.Struct):
    """What one benchmark gave."""

    benchmark: str
    took_s: float
    error: str
    figures: list[Figure]


def run(name: str, quick: bool) -> Result:
    """Run one benchmark; its progress goes to stderr as it comes."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *(["--quick"] if quick else [])]
    begun_s = time.monotonic()
    try:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False, timeout=TIMEOUT_S)
        error = f"ended with {done.returncode}" if done.returncode else ""
        out = done.stdout
    except subprocess.TimeoutExpired as late:
        out, error = late.stdout or b"", f"not done after {TIMEOUT_S:g} s"
    figures = [figure for line in out.splitlines() if (figure := _figure(line)) is not None]
    if not figures and not error:
        error = "gave no figure"
    return Result(name, round(time.monotonic() - begun_s, 1), error, figures)


def _figure(line: bytes) -> Figure | None:
    try:
        return msgspec.json.decode(line, type=Figure)
    except msgspec.MsgspecError:
        say(f"  {line.decode(errors='replace')}")
        return None


def show(results: list[Result]) -> None:
    """The table: a ratio of 1 and more is met."""
    table = Table("figure", "value", "goal", "ratio", "", "note")
    for figure in (figure for result in results for figure in result.figures):
        limit = f"{'>=' if figure.at_least else '<='} {_number(figure.goal)} {figure.unit}"
        if figure.value is None:
            table.add_row(figure.name, "-", limit, "-", "[yellow]skipped", figure.note)
            continue
        verdict = "[green]met" if figure.is_met else "[red]not met"
        ratio = "-" if figure.ratio is None else f"{figure.ratio:.2f}"
        table.add_row(figure.name, f"{_number(figure.value)} {figure.unit}", limit, ratio, verdict, figure.note)
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    for result in results:
        if result.error:
            print(f"{result.benchmark}: {result.error}")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def write(results: list[Result], quick: bool) -> None:
    """Everything as JSON, with what it ran on."""
    machine = {"processors": os.cpu_count(), "machine": platform.machine(), "system": platform.platform()}
    whole = {
        "at_ms": time.time_ns() // 1_000_000,
        "quick": quick,
        "python": platform.python_version(),
        "machine": machine,
        "load_average": os.getloadavg(),
        "results": [
            {
                "benchmark": result.benchmark,
                "took_s": result.took_s,
                "error": result.error,
                "figures": [
                    {**msgspec.structs.asdict(figure), "ratio": figure.ratio, "met": figure.is_met}
                    for figure in result.figures
                ],
            }
            for result in results
        ],
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n")


def main() -> int:
    parser = argparse.ArgumentParser(prog="tocsin bench", description="Measure, and compare with the goals.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(FIGURES)}; all where left out")
    parser.add_argument("--quick", action="store_true", help="shorter runs, rougher figures")
    given = parser.parse_args()
    unknown = sorted(set(given.names) - set(FIGURES))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(FIGURES)}")
    results: list[Result] = []
    names = given.names or FIGURES
    for number, name in enumerate(names, 1):
        say(f"[{number}/{len(names)}] {name}")
        results.append(run(name, given.quick))
        say(f"  took {results[-1].took_s:g} s{', ' + results[-1].error if results[-1].error else ''}")
    show(results)
    write(results, given.quick)
    print(f"written to {RESULTS.relative_to(ROOT)}")
    return int(any(result.error for result in results))


if __name__ == "__main__":
    sys.exit(main())
