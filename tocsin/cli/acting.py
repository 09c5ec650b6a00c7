"""What commands that act have in common: who does it, and what came of it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tocsin.cli.options import records_at
from tocsin.cli.shown import shown_text
from tocsin.clock import SystemClock

if TYPE_CHECKING:
    from tocsin.runtime.acting import Acted, ActRequest


def act_and_say(data: Path, request: "ActRequest", about: str, done: str, config: Path | None = None) -> None:
    """Act through the running service, or straight to the log when none runs; through Kafka where `config` names a
    cluster. Exit code 1 says why it was refused, or that nobody has answered yet.
    """
    if not request.by.strip():
        raise typer.BadParameter("--by is empty: who does it?")
    acted = _act(data, request, config)
    if acted.refused:
        print(f"{shown_text(about)}: {shown_text(acted.refused)}", file=sys.stderr)
        raise typer.Exit(1)
    when = "; the alarm book takes it when the service starts" if acted.offline else ""
    print(f"{shown_text(about)}: {shown_text(done)}{when}")


def _act(data: Path, request: "ActRequest", config: Path | None) -> "Acted":
    from tocsin.kafka.errors import KafkaClientError
    from tocsin.records import FolderRecords, UnansweredError
    from tocsin.runtime.acting import Acted, act

    records = records_at(data, config)
    if isinstance(records, FolderRecords):
        return act(records.data, request, SystemClock())
    try:
        answer = records.ask(request)
    except (UnansweredError, KafkaClientError) as error:
        return Acted(str(error), offline=False)
    return Acted(answer.refused or answer.error, offline=False)
