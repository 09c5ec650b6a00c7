"""What commands that act have in common: who does it, and what came of it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tocsin.cli.options import existing
from tocsin.cli.shown import shown_text
from tocsin.clock import SystemClock

if TYPE_CHECKING:
    from tocsin.runtime.acting import ActRequest


def act_and_say(data: Path, request: "ActRequest", about: str, done: str) -> None:
    """Act through the running service, or straight to the log when none runs. Exit code 1 says why it was refused."""
    from tocsin.runtime.acting import act

    if not request.by.strip():
        raise typer.BadParameter("--by is empty: who does it?")
    acted = act(existing(data), request, SystemClock())
    if acted.refused:
        print(f"{shown_text(about)}: {shown_text(acted.refused)}", file=sys.stderr)
        raise typer.Exit(1)
    when = "; the alarm book takes it when the service starts" if acted.offline else ""
    print(f"{shown_text(about)}: {shown_text(done)}{when}")
