"""What only a single service can do."""

from pathlib import Path

from tocsin.centre.errors import NotHereError
from tocsin.records import NotInAClusterError, Records


def journal_folder(records: Records, what: str) -> Path:
    """The data folder that has the journal. NotHereError, in words, where there is none."""
    try:
        return records.journal_folder(what)
    except NotInAClusterError as error:
        raise NotHereError(str(error)) from error
