"""Packages of Node.js from a lock of their own, kept apart by what the lock says."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from .recipe import cache_folder, need, run

_FILES = ("package.json", "package-lock.json")


@dataclass(frozen=True, slots=True)
class NodePackages:
    """What `source`, a folder with package.json and package-lock.json, asks for."""

    name: str
    source: Path
    options: tuple[str, ...] = ()
    """More for npm."""

    def find(self) -> Path | None:
        """The folder of the packages (NODE_PATH), once everything is installed and there is a Node.js."""
        ready = shutil.which("node") is not None and (self.folder() / ".ready").exists()
        return self.folder() / "node_modules" if ready else None

    def bring(self) -> Path:
        """Install them from the lock; what was left unfinished is made anew. No script of theirs is run."""
        need("node", "install Node.js 18 or newer")
        npm = need("npm", "install npm")
        folder = self.folder()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in _FILES:
            shutil.copy(self.source / name, folder)
        log = cache_folder() / f"{self.name}.log"
        log.unlink(missing_ok=True)
        install = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", *self.options]
        run("the packages", install, log, cwd=folder)
        (folder / ".ready").touch()
        return folder / "node_modules"

    def folder(self) -> Path:
        """Where the packages of this very lock are, or would be."""
        lock = b"".join((self.source / name).read_bytes() for name in _FILES)
        return cache_folder() / f"{self.name}-{hashlib.sha256(lock).hexdigest()[:12]}"
