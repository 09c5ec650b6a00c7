"""Options that several commands share."""

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.log.layout import JOURNAL

if TYPE_CHECKING:
    from tocsin.records import Records
    from tocsin.settings import Settings

Data = Annotated[Path, typer.Option("--data", help="The data folder of the service.")]
DEFAULT_DATA = Path("data")
Config = Annotated[
    Path | None, typer.Option("--config", help="A settings file, instead of --data: of a cluster.", show_default=False)
]


def existing(data: Path) -> Path:
    """The same folder. FileNotFoundError, in words, if it is no data folder: nothing is made by a mistyped name."""
    if not (data / JOURNAL).is_dir():
        raise FileNotFoundError(errno.ENOENT, "no data folder of a service (it holds a journal)", str(data))
    return data


def records_at(data: Path, config: Path | None) -> "Records":
    """Those of the settings file where it is given, else those of the data folder."""
    from tocsin.records import FolderRecords, records_of

    if config is None:
        return FolderRecords(existing(data))
    settings = settings_for_a_command(config)
    if settings.kafka is None:
        existing(settings.data)
    return records_of(settings)


def settings_for_a_command(config: Path) -> "Settings":
    """Of a file that may name Kafka: what its clients say goes to stderr, apart from what the command prints."""
    from tocsin.observe.logs import set_up_logs
    from tocsin.settings import read_settings

    set_up_logs("WARNING")
    return read_settings(config, os.environ)
