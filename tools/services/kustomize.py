"""Kustomize, which puts the manifests of packaging/kustomize together: built by Go, in seconds."""

import os
import shutil
from pathlib import Path

from .recipe import Recipe, cache_folder, need, run

VERSION = "5.7.1"
_PACKAGE = f"sigs.k8s.io/kustomize/kustomize/v5@v{VERSION}"


def find() -> Path | None:
    """The program: the one that was built here, else one on PATH."""
    if _cached().exists():
        return _cached()
    found = shutil.which("kustomize")
    return Path(found) if found else None


def bring() -> Path:
    """Build it, unless it is there."""
    if (there := find()) is not None:
        return there
    go = need("go", "install Go 1.22 or newer")
    folder = _cached().parent
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run("kustomize", [go, "install", _PACKAGE], folder / "build.log", folder, {**os.environ, "GOBIN": str(folder)})
    return _cached()


def _cached() -> Path:
    return cache_folder() / f"kustomize-{VERSION}" / "kustomize"


RECIPE = Recipe("kustomize", VERSION, find, bring)
