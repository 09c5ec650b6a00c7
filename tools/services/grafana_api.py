"""Grafana's HTTP API as an OpenAPI document: read from the Go client that Grafana generates from it and publishes."""

import json
import os
from pathlib import Path

from tools.grafana_api.document import document

from .recipe import Recipe, ServiceError, cache_folder, need, run

VERSION = "v0.0.0-20260330113218-ee77c4f6f90e"
MODULE = "github.com/grafana/grafana-openapi-client-go"


def find() -> Path | None:
    """The document, once it is made."""
    made = _made()
    return made if made.exists() else None


def bring() -> Path:
    """Download the client's module and write down what it takes and answers. Nothing of it is built or run."""
    go = need("go", "install Go 1.23 or newer")
    folder = _made().parent
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "go.mod").write_text("module tocsin.local/grafana\n\ngo 1.23\n")
    log = folder / "download.log"
    log.unlink(missing_ok=True)
    run("its module", [go, "mod", "download", "-json", f"{MODULE}@{VERSION}"], log, cwd=folder)
    try:
        made = document(Path(json.loads(log.read_text())["Dir"]), VERSION)
    except (KeyError, ValueError) as error:
        raise ServiceError(f"the client can't be read: {error}") from None
    unfinished = _made().with_suffix(".unfinished")
    unfinished.write_text(json.dumps(made), encoding="utf-8")
    os.replace(unfinished, _made())
    return _made()


def _made() -> Path:
    return cache_folder() / f"grafana-api-{VERSION.rsplit('-', 1)[1]}" / "openapi.json"


RECIPE = Recipe("grafana-api", VERSION.split("-")[1][:8], find, bring)
