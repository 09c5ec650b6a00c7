"""How devices stand: asked of the running service, or else told by the data folder."""

from collections.abc import Callable
from pathlib import Path

from tocsin.configuration import Configured
from tocsin.inventory.folder import seen_of_folder
from tocsin.inventory.seen import Seen
from tocsin.runtime.control import NotRunningError, SeenRequest, ask
from tocsin.runtime.reading import resolver


def see(data: Path, resolve: Callable[[str], Configured] | None = None) -> tuple[Seen, Configured, bool]:
    """(what was heard, the configuration in force then, whether a service said so). ConnectionError: it would not.

    `resolve` is for who has read configurations already.
    """
    resolve = resolve or resolver(data)
    try:
        digest = ""
        while (seen := _ask(data)).digest != digest:
            # A large site takes seconds to read: ask again, so that what is shown is not that old.
            digest, configured = seen.digest, resolve(seen.digest)
        return seen, configured, True
    except NotRunningError:
        seen = seen_of_folder(data)
        return seen, resolve(seen.digest), False


def _ask(data: Path) -> Seen:
    answer = ask(data, SeenRequest())
    if answer.seen is None:
        raise ConnectionError(f"{data}: the service does not tell of devices: {answer.error or answer.refused}")
    return Seen.from_bytes(answer.seen)
