"""What a database raises, whichever it is."""

import sqlite3
from typing import Final


class ServerError(Exception):
    """The server can't do what it was asked. The text says why."""


class ServerAwayError(ServerError):
    """The server can't be reached, has no room or is busy: the same may be asked again later."""


class FencedError(ServerError):
    """Somebody else has become the one that writes. What was not committed is not written."""


DATABASE_ERRORS: Final = (sqlite3.Error, ServerError)
"""For `except`: whatever goes wrong in a database."""

TRY_AGAIN: Final = (sqlite3.OperationalError, ServerAwayError)
"""For `except`: nothing was done, and trying again can help."""
