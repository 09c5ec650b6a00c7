"""The page that draws boards: its packages are installed and it is built once for each state of its sources."""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.services.node_packages import NodePackages
from tools.services.recipe import cache_folder, need, run

_WEB: Final = Path(__file__).resolve().parent / "web"
_PACKAGES: Final = NodePackages("boards-preview", _WEB, ("--legacy-peer-deps",))


@dataclass(frozen=True, slots=True)
class Built:
    """`built` is the page, `public` Grafana's icons."""

    built: Path
    public: Path


def built_page() -> Built:
    """Install and build where that is still to be done: two minutes, then kept. ServiceError says what is missing."""
    node = need("node", "install Node.js 20.19 or newer")
    packages = _PACKAGES.find() or _PACKAGES.bring()
    public = packages / "@grafana" / "ui" / "dist" / "public"
    folder = packages.parent
    sources = sorted(path for path in _WEB.rglob("*") if path.is_file() and path.name != "package-lock.json")
    state = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    built = folder / f"dist-{state}"
    if built.exists():
        return Built(built, public)
    shutil.rmtree(folder / "src", ignore_errors=True)
    shutil.copytree(_WEB / "src", folder / "src")
    for name in ("index.html", "vite.config.js"):
        shutil.copy(_WEB / name, folder)
    vite = str(packages / "vite" / "bin" / "vite.js")
    run("the page, a minute on 2 cores", [node, vite, "build"], cache_folder() / "boards-preview-build.log", cwd=folder)
    os.replace(folder / "dist", built)
    return Built(built, public)
