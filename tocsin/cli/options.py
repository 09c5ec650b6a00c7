"""Options that several commands share."""

import errno
from pathlib import Path
from typing import Annotated

import typer

from tocsin.log.layout import JOURNAL

Data = Annotated[Path, typer.Option("--data", help="The data folder of the service.")]
DEFAULT_DATA = Path("data")


def existing(data: Path) -> Path:
    """The same folder. FileNotFoundError, in words, if it is no data folder: nothing is made by a mistyped name."""
    if not (data / JOURNAL).is_dir():
        raise FileNotFoundError(errno.ENOENT, "no data folder of a service (it holds a journal)", str(data))
    return data
