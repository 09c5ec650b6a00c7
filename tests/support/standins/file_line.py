"""The file channel for the contract suite."""

from pathlib import Path
from types import TracebackType
from typing import Self

from support.standins.harness import Script

from alerts.channels.file import FileChannel, FileSettings


class FileHarness:
    """`error`: its folder is gone."""

    plays: frozenset[Script] = frozenset({"error"})
    words = False
    links = True
    secrets: tuple[str, ...] = ()

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "out"

    def __enter__(self) -> Self:
        self._folder.mkdir()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        pass

    def channel(self, timeout_s: float = 5.0) -> FileChannel:
        return FileChannel(FileSettings(kind="file", name="file", path=self._folder / "lines"))

    def play(self, script: Script) -> None:
        gone = self._folder.with_name("gone")
        if script == "error":
            self._folder.rename(gone)
        elif gone.exists():
            gone.rename(self._folder)

    def told(self) -> list[str]:
        path = self._folder / "lines"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def complaints(self) -> list[str]:
        return []
