"""Debian's packages, installed where they are missing. Needs root or a sudo that doesn't ask."""

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from .recipe import ServiceError, cache_folder, run

_POLICY = Path("/usr/sbin/policy-rc.d")
_SYSTEMD = Path("/run/systemd/system")
_DENY = """\
#!/bin/sh
[ "$1" = {service} ] && exit 101
exit 0
"""


def sudo_for(packages: str) -> list[str]:
    """What to put before a command that needs root. ServiceError where there is no way."""
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    raise ServiceError(f"needs root: sudo apt-get install {packages}")


def install(name: str, packages: list[str]) -> Path:
    """Install packages; what apt said is kept in the log that is returned."""
    if shutil.which("apt-get") is None:
        raise ServiceError(f"no apt-get here: install {' and '.join(packages)} by your system's own means")
    sudo = sudo_for(" ".join(packages))
    cache_folder().mkdir(parents=True, exist_ok=True)
    log = cache_folder() / f"{name}.log"
    log.unlink(missing_ok=True)
    run("the package lists", [*sudo, "apt-get", "update", "-q"], log)
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    run("the packages", [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", *command], log)
    return log


class no_daemon:  # noqa: N801 - used as a statement
    """While it holds, Debian's own hook refuses to start the service; what a test needs is started by the test.

    A hook that is there already is left alone: it is the machine's owner's. Then, and where systemd enabled the
    unit, exactly that one is stopped and disabled afterwards.
    """

    def __init__(self, service: str, sudo: list[str]) -> None:
        self._service = service
        self._sudo = sudo
        self._ours = False

    def __enter__(self) -> None:
        if _POLICY.exists():
            return
        with tempfile.NamedTemporaryFile("w", suffix=".sh") as hook:
            hook.write(_DENY.format(service=self._service))
            hook.flush()
            subprocess.run([*self._sudo, "install", "-m", "755", hook.name, str(_POLICY)], check=True)
        self._ours = True

    def __exit__(self, *_: object) -> None:
        if self._ours:
            subprocess.run([*self._sudo, "rm", "-f", str(_POLICY)], check=True)
        if _SYSTEMD.exists() and shutil.which("systemctl"):
            with suppress(subprocess.CalledProcessError):
                stop = ["systemctl", "disable", "--now", f"{self._service}.service"]
                subprocess.run([*self._sudo, *stop], check=True, capture_output=True)
