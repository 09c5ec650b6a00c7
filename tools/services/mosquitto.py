"""Mosquitto, by Debian's package, which is kept from starting its daemon."""

import os
import shutil
from pathlib import Path

from .debian import install, no_daemon, sudo_for
from .recipe import Recipe, ServiceError


def find() -> Path | None:
    """The broker and its two clients; sbin is not on everybody's PATH."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/opt/homebrew/sbin"))
    broker = shutil.which("mosquitto", path=path)
    if broker is None or shutil.which("mosquitto_pub", path=path) is None:
        return None
    return Path(broker)


def bring() -> Path:
    """Install the packages where they are missing. Needs root or a sudo that doesn't ask."""
    there = find()
    if there is not None:
        return there
    with no_daemon("mosquitto", sudo_for("mosquitto mosquitto-clients")):
        log = install("mosquitto", ["mosquitto", "mosquitto-clients"])
    found = find()
    if found is None:
        raise ServiceError(f"the packages are installed but mosquitto is not found; see {log}")
    return found


RECIPE = Recipe("mosquitto", "2", find, bring)
