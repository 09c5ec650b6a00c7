"""`tocsin`: commands, exit codes, errors as lines on stderr."""

import sys
from typing import NoReturn

import typer

from alerts.channels.guard import ForbiddenTargetError
from plant.mistakes import InputError
from tocsin.book import BookError
from tocsin.cli import alarms, bench, book, data, demo, replay, run, simulate, site
from tocsin.log.archive import BackupError
from tocsin.log.errors import LogBrokenError, LogCorruptError, LogLockedError
from tocsin.log.port import LogFullError

app = typer.Typer(
    name="tocsin",
    help="Tocsin (警钟): field readings become alarms that reach the right person in time, and none is lost.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo.demo)
app.command()(run.run)
app.command()(site.check)
app.command()(site.init)
app.command()(site.schema)
app.command()(simulate.simulate)
app.command()(replay.replay)
app.command()(alarms.alarms)
app.command()(alarms.ack)
app.command()(alarms.reset)
app.command()(data.export)
app.command()(data.quarantine)
app.command()(data.backup)
app.command()(data.restore)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(bench.bench)
app.add_typer(book.app, name="book")

WRONG = 2
"""The input or the call is wrong."""


def main() -> NoReturn:
    """Run; exits 0 done, 1 it ran and found something wrong, 2 the input or the call is wrong."""
    try:
        app(standalone_mode=True)
    except InputError as error:
        for mistake in error.mistakes:
            print(mistake, file=sys.stderr)
        sys.exit(WRONG)
    except (
        BackupError,
        BookError,
        ForbiddenTargetError,
        LogBrokenError,
        LogCorruptError,
        LogFullError,
        LogLockedError,
        LookupError,
        OSError,
        ValueError,
    ) as error:
        print(f"tocsin: {error}", file=sys.stderr)
        sys.exit(WRONG)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(0)
