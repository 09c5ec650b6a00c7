"""The loader of the Compose Specification, the one that `docker compose config` stands on: built by Go, in seconds."""

import os
import shutil
from pathlib import Path

from .recipe import Recipe, cache_folder, need, run

VERSION = "2.16.2"
_PACKAGE = f"github.com/compose-spec/compose-go/v2/cmd@v{VERSION}"


def find() -> Path | None:
    """The program that checks a compose file and prints what it comes to."""
    return _cached() if _cached().exists() else None


def bring() -> Path:
    """Build it, unless it is there."""
    if (there := find()) is not None:
        return there
    go = need("go", "install Go 1.24 or newer")
    folder = _cached().parent
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run("the loader", [go, "install", _PACKAGE], folder / "build.log", folder, {**os.environ, "GOBIN": str(folder)})
    (folder / "cmd").rename(_cached())
    return _cached()


def _cached() -> Path:
    return cache_folder() / f"compose-spec-{VERSION}" / "compose-spec"


RECIPE = Recipe("compose-spec", VERSION, find, bring)
