"""`tocsin ack`, `reset`, `shelve`, `unshelve`, `comment`: what people do to an alarm."""

from pathlib import Path
from typing import Annotated

import typer

from plant.entries import OperatorActionName
from tocsin.cli.acting import act_and_say
from tocsin.cli.options import DEFAULT_DATA, Config, Data
from tocsin.cli.shown import shown_time
from tocsin.cli.times import FOR, UNTIL, end_ms
from tocsin.clock import SystemClock
from tocsin.runtime.control import Request

Alarm = Annotated[str, typer.Argument(help="The alarm's id.")]
Why = Annotated[str, typer.Option("--why", help="Why.")]


def ack(
    alarm: Alarm,
    by: Annotated[str, typer.Option("--by", help="Who acknowledges.")],
    comment: Annotated[str, typer.Option("--comment")] = "",
    data: Data = DEFAULT_DATA,
    config: Config = None,
) -> None:
    """Acknowledge an alarm: through the running service, or straight to the log when none runs."""
    _act(data, config, "acknowledge", alarm, by, comment)


def reset(
    alarm: Alarm,
    by: Annotated[str, typer.Option("--by", help="Who resets.")],
    comment: Annotated[str, typer.Option("--comment")] = "",
    data: Data = DEFAULT_DATA,
    config: Config = None,
) -> None:
    """Reset a latched alarm, after what raised it has ended."""
    _act(data, config, "reset", alarm, by, comment)


def shelve(
    alarm: Alarm,
    by: Annotated[str, typer.Option("--by", help="Who shelves.")],
    lasts: FOR = None,
    until: UNTIL = None,
    one_shot: Annotated[bool, typer.Option("--one-shot", help="Only until the alarm clears.")] = False,
    why: Why = "",
    data: Data = DEFAULT_DATA,
    config: Config = None,
) -> None:
    """Put an alarm aside for at most 24 hours: its rule, subject and side are told of to nobody meanwhile."""
    until_ms = end_ms(lasts, until, SystemClock().now_ms())
    if until_ms is None:
        raise typer.BadParameter("give either --for or --until: a shelf needs an end")
    request = Request("shelve", alarm, by, why, until_ms, one_shot=one_shot)
    act_and_say(data, request, alarm, f"shelve by {by} until {shown_time(until_ms)} UTC", config)


def unshelve(
    alarm: Alarm,
    by: Annotated[str, typer.Option("--by", help="Who ends it.")],
    why: Why = "",
    data: Data = DEFAULT_DATA,
    config: Config = None,
) -> None:
    """Take an alarm off its shelf; if it still needs somebody, it is told of now."""
    _act(data, config, "unshelve", alarm, by, why)


def comment(
    alarm: Alarm,
    text: Annotated[str, typer.Argument(help="What there is to say.")],
    by: Annotated[str, typer.Option("--by", help="Who says it.")],
    data: Data = DEFAULT_DATA,
    config: Config = None,
) -> None:
    """Write a comment beside an alarm, a closed one too."""
    if not text.strip():
        raise typer.BadParameter("the comment is empty")
    _act(data, config, "comment", alarm, by, text)


def _act(data: Path, config: Path | None, action: OperatorActionName, alarm: str, by: str, comment: str) -> None:
    act_and_say(data, Request(action, alarm, by, comment), alarm, f"{action} by {by}", config)
