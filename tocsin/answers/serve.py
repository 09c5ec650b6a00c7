"""The answers as a process: from settings to an app, and a server around it."""

import signal
import socket
from pathlib import Path

from starlette.applications import Starlette

from alerts.channels.cap import CapSettings
from alerts.channels.settings import read_secret_line
from tocsin.answers.app import make_app
from tocsin.answers.desk import Desk
from tocsin.answers.facts import facts_under
from tocsin.clock import Clock
from tocsin.observe.http_server import listen_address
from tocsin.records import records_of
from tocsin.settings import Settings
from tocsin.settings.answers import AnswersSettings

_MOST_AT_ONCE = 200


def app_of(settings: Settings, answers: AnswersSettings, clock: Clock) -> Starlette:
    """The app as the settings say. ValueError if a secret can't be read."""
    return make_app(
        Desk(records_of(settings), facts_under),
        answers.links(),
        clock,
        public_url=answers.public_url,
        centre_phone=answers.centre_phone,
        callbacks={channel.name: channel.kind for channel in settings.channel},
        callback_secret=_secret(answers.callback_secret_file),
        cap_folders=tuple(channel.folder for channel in settings.channel if isinstance(channel, CapSettings)),
        feed_token=_secret(answers.feed_token_file),
    )


def serve(app: Starlette, listen: str, most_at_once: int = _MOST_AT_ONCE) -> None:
    """Serve until SIGTERM or SIGINT; `most_at_once` connections. OSError if the address can't be listened on."""
    import uvicorn

    host, port = listen_address(listen)
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise OSError(error.errno, f"can't listen on {host}:{port}: {error.strerror}") from error
    # Addresses carry what proves a link: they are never logged.
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=most_at_once,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=5,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    uvicorn.Server(config).run(sockets=[listening])


def _end(_number: int, _frame: object) -> None:
    """The server takes signals while it runs, and gives them on when it has ended: then they have been obeyed."""


def _secret(path: Path | None) -> str | None:
    return read_secret_line(path) if path is not None else None
