"""The site for the pages of accounts, which are there before the service has ever run."""

import threading
from pathlib import Path

from plant.mistakes import InputError
from plant.site import Site
from plant.site_reader import read_site
from tocsin.centre.errors import UnavailableError
from tocsin.centre.grounds import Grounds


class KnownSite:
    """Thread-safe."""

    def __init__(self, grounds: Grounds, folder: Path) -> None:
        self._grounds = grounds
        self._folder = folder
        self._lock = threading.Lock()
        self._read: Site | None = None

    def now(self) -> Site:
        """The site in force; before anything is, what the site folder says. Where neither can be read an empty one:

        nobody is kept from signing in by that.
        """
        try:
            return self._grounds.now().site
        except UnavailableError:
            with self._lock:
                if self._read is None:
                    self._read = self._from_folder()
                return self._read

    def _from_folder(self) -> Site:
        try:
            return read_site(self._folder)[0]
        except (InputError, OSError):
            return Site("", "Asia/Shanghai", None, None)
