"""`tocsin bench`: the benchmarks of the repository."""

import subprocess
import sys
from pathlib import Path

import typer


def bench(context: typer.Context) -> None:
    """Run the benchmarks: each figure with its ratio, and all as JSON. Needs the repository beside the package."""
    suite = Path(__file__).resolve().parents[2] / "benchmarks" / "__main__.py"
    if not suite.is_file():
        print("the benchmarks stand in the repository, which is not here: run it from a clone", file=sys.stderr)
        raise typer.Exit(2)
    command = [sys.executable, "-m", "benchmarks", *context.args]
    raise typer.Exit(subprocess.run(command, cwd=suite.parents[1], check=False).returncode)  # noqa: S603
