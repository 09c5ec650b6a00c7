"""`tocsin`: commands, exit codes, errors as lines on stderr."""

import sqlite3
import sys
from typing import NoReturn

import typer

from alerts.channels.guard import ForbiddenTargetError
from plant.mistakes import InputError
from tocsin.book import BookError
from tocsin.cli import (
    alarm_acts,
    alarms,
    answers,
    audit,
    bench,
    book,
    data,
    demo,
    devices,
    disposal,
    drill,
    explain,
    hazard,
    incidents,
    mosquitto,
    notices,
    overrides,
    points,
    replay,
    report,
    risk,
    routes,
    rules,
    run,
    selftest,
    simulate,
    site,
    site_folder,
)
from tocsin.log.archive import BackupError
from tocsin.log.errors import LogCorruptError, LogLockedError

app = typer.Typer(
    name="tocsin",
    help="Tocsin (警钟): field readings become alarms that reach the right person in time, and none is lost.",
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo.demo)
app.command()(run.run)
app.command()(answers.answers)
app.command()(site.check)
app.command()(site.init)
app.command()(site.schema)
app.command()(simulate.simulate)
app.command()(replay.replay)
app.command()(drill.drill)
app.command()(hazard.hazard)
app.command()(alarms.alarms)
app.command()(incidents.incidents)
app.command()(risk.risk)
app.command()(alarm_acts.ack)
app.command()(alarm_acts.reset)
app.command()(alarm_acts.shelve)
app.command()(alarm_acts.unshelve)
app.command()(alarm_acts.comment)
app.command()(explain.explain)
app.command()(devices.devices)
app.command()(data.export)
app.command()(data.quarantine)
app.command()(data.backup)
app.command()(data.restore)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(bench.bench)
app.add_typer(book.app, name="book")
app.add_typer(notices.app, name="notices")
app.add_typer(overrides.app, name="override")
app.add_typer(disposal.app, name="disposal")
app.add_typer(audit.app, name="audit")
app.add_typer(report.app, name="report")
app.add_typer(selftest.app, name="selftest")
app.add_typer(rules.app, name="rules")
app.add_typer(routes.app, name="routes")
app.command()(mosquitto.mosquitto)
app.add_typer(points.app, name="points")
app.add_typer(site_folder.app, name="site")

WRONG = 2
"""The input or the call is wrong."""


def main() -> NoReturn:
    """Run; exits 0 done, 1 it ran and found something wrong, 2 the input or the call is wrong.

    What is wrong is said on stderr, one line a mistake.
    """
    if not sys.argv[1:]:
        app(["--help"], prog_name="tocsin", standalone_mode=False)
        sys.exit(WRONG)
    try:
        # Not standalone: a mistake in the call comes here too, and Exit comes as its code.
        code = app(prog_name="tocsin", standalone_mode=False)
    except typer.TyperException as error:
        _fail(_usage(error))
    except typer.Abort:
        sys.exit(130)
    except InputError as error:
        _fail(*map(str, error.mistakes))
    except OSError as error:
        _fail(f"tocsin: {_os_error(error)}")
    except sqlite3.Error as error:
        _fail(f"tocsin: the alarm book can't be used: {error}")
    except LookupError as error:
        _fail(f"tocsin: {error.args[0] if error.args else error}")
    except (BackupError, BookError, ForbiddenTargetError, LogCorruptError, LogLockedError, ValueError) as error:
        _fail(f"tocsin: {error}")
    sys.exit(code or 0)


def _fail(*lines: str) -> NoReturn:
    for line in lines:
        print(line, file=sys.stderr)
    sys.exit(WRONG)


def _usage(error: typer.TyperException) -> str:
    """A mistake in the call, on one line: what is wrong, and of which command."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "tocsin"
    message = " ".join(error.format_message().split())
    return f"{command}: {message.removeprefix('Invalid value: ').replace('Value error, ', '')} (see {command} --help)"


def _os_error(error: OSError) -> str:
    if error.strerror is None:
        return str(error)
    return error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"
