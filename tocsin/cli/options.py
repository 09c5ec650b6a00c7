"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[Path, typer.Option("--data", help="The data folder of the service.")]
DEFAULT_DATA = Path("data")
