"""The manifests of packaging/kustomize: as they stand, and as Kustomize puts them together."""

import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.services.kustomize import find

ROOT = Path(__file__).parents[2] / "packaging" / "kustomize"
OVERLAYS = sorted(folder.name for folder in (ROOT / "overlays").iterdir())

Manifest = dict[str, Any]


def read(path: Path) -> list[Manifest]:
    """The objects of a file."""
    return [one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one]


@cache
def rendered(overlay: str) -> tuple[Manifest, ...]:
    """What would be applied. Skips the test by name where there is nothing that renders."""
    kustomize, kubectl = find(), shutil.which("kubectl")
    if kustomize is None and kubectl is None:
        pytest.skip("neither kustomize nor kubectl is there: make services builds the first")
    command = [str(kustomize), "build"] if kustomize is not None else [str(kubectl), "kustomize"]
    folder = str(ROOT / "overlays" / overlay)
    ran = subprocess.run([*command, folder], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == "", "it warns of nothing, such as a field that is about to go"
    return tuple(one for one in yaml.safe_load_all(ran.stdout) if one)


def pods(manifests: tuple[Manifest, ...] | list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """Name and pod of each object that starts some."""
    for one in manifests:
        if one["kind"] in ("Deployment", "Job"):
            yield one["metadata"]["name"], one["spec"]["template"]


def inside(value: Any) -> Iterator[Manifest]:
    """Every mapping within, itself first."""
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from inside(one)
