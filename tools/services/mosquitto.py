"""Mosquitto, by Debian's package, which is kept from starting its daemon."""

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from .debian import install, sudo_for
from .recipe import Recipe, ServiceError

_POLICY = Path("/usr/sbin/policy-rc.d")
_SYSTEMD = Path("/run/systemd/system")
_DENY_MOSQUITTO = """\
#!/bin/sh
[ "$1" = mosquitto ] && exit 101
exit 0
"""


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
    with _no_daemon(sudo_for("mosquitto mosquitto-clients")):
        log = install("mosquitto", ["mosquitto", "mosquitto-clients"])
    found = find()
    if found is None:
        raise ServiceError(f"the packages are installed but mosquitto is not found; see {log}")
    return found


class _no_daemon:  # noqa: N801 - used as a statement
    """While it holds, Debian's own hook refuses to start mosquitto; the broker a test needs is started by the test.

    A hook that is there already is left alone: it is the machine's owner's. Then, and where systemd enabled the
    unit, exactly that one is stopped and disabled afterwards.
    """

    def __init__(self, sudo: list[str]) -> None:
        self._sudo = sudo
        self._ours = False

    def __enter__(self) -> None:
        if _POLICY.exists():
            return
        with tempfile.NamedTemporaryFile("w", suffix=".sh") as hook:
            hook.write(_DENY_MOSQUITTO)
            hook.flush()
            subprocess.run([*self._sudo, "install", "-m", "755", hook.name, str(_POLICY)], check=True)
        self._ours = True

    def __exit__(self, *_: object) -> None:
        if self._ours:
            subprocess.run([*self._sudo, "rm", "-f", str(_POLICY)], check=True)
        if _SYSTEMD.exists() and shutil.which("systemctl"):
            with suppress(subprocess.CalledProcessError):
                stop = ["systemctl", "disable", "--now", "mosquitto.service"]
                subprocess.run([*self._sudo, *stop], check=True, capture_output=True)


RECIPE = Recipe("mosquitto", "2", find, bring)
