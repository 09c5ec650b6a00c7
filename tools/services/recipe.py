"""What every recipe has, and the few things that all of them need: the cache folder, commands with a sign of life."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class ServiceError(Exception):
    """A service can't be had on this machine; the message says why and what would help."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One service: `find` looks where it is (None: not there), `bring` makes it be there and returns where."""

    name: str
    version: str
    find: Callable[[], Path | None]
    bring: Callable[[], Path]


def cache_folder() -> Path:
    """Where services are kept: `tocsin-services` in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "tocsin-services"


def need(program: str, hint: str) -> str:
    """The path of a program. ServiceError with the hint if it is not on PATH."""
    found = shutil.which(program)
    if found is None:
        raise ServiceError(f"{program} is missing: {hint}")
    return found


def run(
    title: str,
    command: Sequence[str],
    log: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    sign_of_life_s: float = 20.0,
) -> None:
    """Run a long command: its output goes to `log`, a line now and then says that it lives.

    ServiceError with the last lines of its output if it fails.
    """
    print(f"  {title}", flush=True)
    started = time.monotonic()
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        while True:
            try:
                code = process.wait(sign_of_life_s)
                break
            except subprocess.TimeoutExpired:
                print(f"  ... {time.monotonic() - started:4.0f} s  {_last_line(log)}", flush=True)
    if code != 0:
        tail = "\n".join(_lines(log)[-15:])
        raise ServiceError(f"{title}: exit {code}. The end of {log}:\n{tail}")


def _lines(log: Path) -> list[str]:
    with log.open("rb") as source:
        source.seek(0, os.SEEK_END)
        source.seek(max(0, source.tell() - 8192))
        return source.read().decode(errors="replace").splitlines()


def _last_line(log: Path) -> str:
    lines = _lines(log)
    return lines[-1].strip()[:80] if lines else ""
