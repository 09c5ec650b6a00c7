"""PostgreSQL, by Debian's package, which is kept from starting its daemon."""

import os
import shutil
from pathlib import Path

from .debian import install, no_daemon, sudo_for
from .recipe import Recipe, ServiceError

_DEBIAN = Path("/usr/lib/postgresql")


def find() -> Path | None:
    """The folder of the server's programs (initdb, postgres): Debian keeps them off PATH, the newest version counts."""
    versions = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda program: int(program.parts[-3]))
    if versions:
        return versions[-1].parent
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/local/bin", "/opt/homebrew/bin"))
    found = shutil.which("initdb", path=path)
    return Path(found).resolve().parent if found else None


def bring() -> Path:
    """Install the package where it is missing. Needs root or a sudo that doesn't ask."""
    there = find()
    if there is not None:
        return there
    with no_daemon("postgresql", sudo_for("postgresql")):
        log = install("postgres", ["postgresql"])
    found = find()
    if found is None:
        raise ServiceError(f"the package is installed but initdb is not found; see {log}")
    return found


RECIPE = Recipe("postgres", "15", find, bring)
