"""The folder of `tocsin env`: each file is made once; what is there is kept, for other parts already know it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tocsin.log.files import make_directory, write_atomically

_OURS_ALONE: Final = 0o700
"""Of the folder itself: nobody else on the machine gets through it. Containers are handed the files one by one."""


@dataclass(slots=True)
class Folder:
    """Writes below `root`, and remembers what it made, what it left as it was and what it brought up to date."""

    root: Path
    made: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)
    renewed: list[Path] = field(default_factory=list)

    def open(self) -> None:
        make_directory(self.root)
        self.root.chmod(_OURS_ALONE)

    def once(self, name: str, text: str | bytes, *, private: bool = False) -> bytes:
        """Write a file unless it is there; returns what it holds. `private`: no container may read it either."""
        path = self.root / name
        if path.exists():
            self.kept.append(path)
            return path.read_bytes()
        self.made.append(path)
        return self._write(path, text, private)

    def always(self, name: str, text: str, *, private: bool = False) -> None:
        """Write a file that is made from the site: it follows the site."""
        path = self.root / name
        if not path.exists():
            self.made.append(path)
        elif path.read_text(encoding="utf-8") == text:
            self.kept.append(path)
            return
        else:
            self.renewed.append(path)
        self._write(path, text, private)

    def has(self, name: str) -> bool:
        return (self.root / name).exists()

    def read(self, name: str) -> str:
        """What a file holds, "" where it is not there."""
        return (self.root / name).read_text(encoding="utf-8") if self.has(name) else ""

    def _write(self, path: Path, text: str | bytes, private: bool) -> bytes:
        content = text.encode() if isinstance(text, str) else text
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, [content])
        path.chmod(0o600 if private else 0o644)
        return content
