"""`tocsin`: commands, exit codes, errors as lines on stderr."""

import sys
from importlib import import_module
from typing import Final, NoReturn

import typer

from plant.mistakes import InputError
from tocsin.database.errors import DATABASE_ERRORS

_COMMANDS: Final = {
    "demo": "demo",
    "run": "run",
    "notifier": "notifier",
    "bridge": "bridge",
    "worker": "worker",
    "answers": "answers",
    "console": "console",
    "northbound": "northbound",
    "follow": "follow",
    "check": "site",
    "init": "site",
    "schema": "site",
    "simulate": "simulate",
    "replay": "replay",
    "drill": "drill",
    "hazard": "hazard",
    "alarms": "alarms",
    "incidents": "incidents",
    "risk": "risk",
    "ack": "alarm_acts",
    "reset": "alarm_acts",
    "shelve": "alarm_acts",
    "unshelve": "alarm_acts",
    "comment": "alarm_acts",
    "explain": "explain",
    "devices": "devices",
    "export": "data",
    "quarantine": "data",
    "backup": "data",
    "restore": "data",
    "bench": "bench",
    "mosquitto": "mosquitto",
    "env": "env",
    "doctor": "doctor",
}
"""Command -> the module of tocsin.cli that has a function of its name."""

_GROUPS: Final = {
    "book": "book",
    "notices": "notices",
    "override": "overrides",
    "disposal": "disposal",
    "audit": "audit",
    "report": "report",
    "selftest": "selftest",
    "rules": "rules",
    "routes": "routes",
    "points": "points",
    "site": "site_folder",
    "user": "user",
    "grafana": "grafana",
    "influx": "influx",
    "scale": "scale",
}
"""Group -> the module of tocsin.cli that has its commands as `app`."""

_PASSES_ON: Final = {"allow_extra_args": True, "ignore_unknown_options": True}


def make_app(only: str | None = None) -> typer.Typer:
    """The command line; with `only` that command or group alone, so that the others need not be loaded."""
    app = typer.Typer(
        name="tocsin",
        help="Tocsin (警钟): field readings become alarms that reach the right person in time, and none is lost.",
        add_completion=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_nothing)
    for name, module in _COMMANDS.items():
        if only in (None, name):
            settings = _PASSES_ON if name == "bench" else None
            app.command(context_settings=settings)(getattr(import_module(f"tocsin.cli.{module}"), name))
    for name, module in _GROUPS.items():
        if only in (None, name):
            app.add_typer(import_module(f"tocsin.cli.{module}").app, name=name)
    return app


def _nothing() -> None:
    """So that a single command is one of a group, too."""


WRONG = 2
"""The input or the call is wrong."""


def main() -> NoReturn:
    """Run; exits 0 done, 1 it ran and found something wrong, 2 the input or the call is wrong.

    What is wrong is said on stderr, one line a mistake.
    """
    if not sys.argv[1:]:
        make_app()(["--help"], prog_name="tocsin", standalone_mode=False)
        sys.exit(WRONG)
    wanted = sys.argv[1]
    try:
        app = make_app(wanted if wanted in _COMMANDS or wanted in _GROUPS else None)
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
    except DATABASE_ERRORS as error:
        _fail(f"tocsin: the alarm book can't be used: {error}")
    except LookupError as error:
        _fail(f"tocsin: {error.args[0] if error.args else error}")
    except ValueError as error:
        _fail(f"tocsin: {error}")
    except Exception as error:
        from tocsin.cli.known_errors import KNOWN  # slow to load, and mostly not needed

        if not isinstance(error, KNOWN):
            raise
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
