"""Third-party clients of wire forms that run on Node.js, from a lock of their own."""

import hashlib
import shutil
from pathlib import Path

from .recipe import Recipe, cache_folder, need, run

_SOURCE = Path(__file__).resolve().parents[1] / "clients" / "node"
_FILES = ("package.json", "package-lock.json")


def find() -> Path | None:
    """The folder of their packages (NODE_PATH), once everything is installed and there is a Node.js."""
    ready = shutil.which("node") is not None and (_folder() / ".ready").exists()
    return _folder() / "node_modules" if ready else None


def bring() -> Path:
    """Install them from the lock; what was left unfinished is made anew. No script of theirs is run."""
    need("node", "install Node.js 18 or newer")
    npm = need("npm", "install npm")
    folder = _folder()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in _FILES:
        shutil.copy(_SOURCE / name, folder)
    log = cache_folder() / "node-clients.log"
    log.unlink(missing_ok=True)
    run("the packages", [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], log, cwd=folder)
    (folder / ".ready").touch()
    return folder / "node_modules"


def _folder() -> Path:
    """Where the packages of this very lock are, or would be."""
    lock = b"".join((_SOURCE / name).read_bytes() for name in _FILES)
    return cache_folder() / f"node-clients-{hashlib.sha256(lock).hexdigest()[:12]}"


RECIPE = Recipe("node-clients", "1", find, bring)
