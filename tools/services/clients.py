"""Third-party clients of wire forms, in environments of their own: what they need does not go with our lock."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from .recipe import Recipe, ServiceError, cache_folder, run

_LOCKS = Path(__file__).resolve().parents[1] / "clients"
NAMES = ("paho1", "thingsboard")
"""An environment for each lock: their versions of paho-mqtt shut each other out."""


def environment(name: str) -> Path:
    """Where the environment of this very lock and Python is, or would be."""
    lock = (_LOCKS / f"{name}.lock").read_bytes()
    return cache_folder() / f"clients-{name}-{hashlib.sha256(lock + sys.version.encode()).hexdigest()[:12]}"


def python_of(name: str) -> Path | None:
    """The Python of an environment, once everything is installed."""
    folder = environment(name)
    return folder / "bin" / "python" if (folder / ".ready").exists() else None


def find() -> Path | None:
    """Where the environments are, once all are there."""
    return cache_folder() if all(python_of(name) for name in NAMES) else None


def bring() -> Path:
    """Make them from their locks; one that was left unfinished is made anew."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    log = cache_folder() / "clients.log"
    log.unlink(missing_ok=True)
    for name in NAMES:
        if python_of(name) is None:
            _make(name, log)
    return cache_folder()


def _make(name: str, log: Path) -> None:
    folder = environment(name)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        raise ServiceError(f"no virtual environment: {error.stderr.decode(errors='replace')[-300:]}") from None
    install = ["install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    lock = str(_LOCKS / f"{name}.lock")
    run(f"the packages of {name}", [str(folder / "bin" / "python"), "-m", "pip", *install, "-r", lock], log)
    (folder / ".ready").touch()


RECIPE = Recipe("clients", "1", find, bring)
