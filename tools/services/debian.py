"""Debian's packages, installed where they are missing. Needs root or a sudo that doesn't ask."""

import os
import shutil
import subprocess
from pathlib import Path

from .recipe import ServiceError, cache_folder, run


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
