"""When which place had which inherent grade: DATA/inherent.jsonl, one change a line, the oldest dropped in time."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from alerts.risk import Inherent, Node
from alerts.risk.nodes import NodeKind

MOST: Final = 50_000
"""Lines; beyond, the older half goes, but for the last of each place."""


class InherentChange(msgspec.Struct, frozen=True):
    """From `at` (ms) on the place has this colour, given by `unit`; `before` is empty for the first known one."""

    at: int
    kind: NodeKind
    id: str
    before: str
    colour: str
    unit: str
    because: tuple[str, ...]

    @property
    def node(self) -> Node:
        return Node(self.kind, self.id)


class InherentHistory:
    """The one writer of the file."""

    def __init__(self, path: Path, most: int = MOST) -> None:
        """Reads what is there. A line that a crash cut short is passed over, and gone with the next change."""
        self._path = path
        self._most = most
        self._last: dict[Node, InherentChange] = {}
        self._lines = 0
        self._is_whole = not path.exists() or path.read_bytes()[-1:] in (b"", b"\n")
        for change in read_history(path):
            self._last[change.node] = change
            self._lines += 1

    def note(self, at_ms: int, grades: Mapping[Node, Inherent]) -> int:
        """Write down what has another colour, or has it from another unit; returns how many places.

        OSError if that can't be done; then nothing is noted, and the next call tries again.
        """
        changes = [
            InherentChange(
                at_ms, node.kind, node.id, last.colour if last else "", grade.colour, grade.unit, grade.because
            )
            for node, grade in grades.items()
            if (last := self._last.get(node)) is None or (last.colour, last.unit) != (grade.colour, grade.unit)
        ]
        if not changes:
            return 0
        if self._is_whole and self._lines + len(changes) <= self._most:
            self._append(changes)
        else:
            self._rewrite(changes)
        self._last |= {change.node: change for change in changes}
        return len(changes)

    def _append(self, changes: list[InherentChange]) -> None:
        self._is_whole = False
        with self._path.open("ab") as file:
            file.write(_encoded(changes))
        self._is_whole = True
        self._lines += len(changes)

    def _rewrite(self, changes: list[InherentChange]) -> None:
        """With the newer half, before it the last of each place that is older."""
        kept = list(read_history(self._path))
        recent = kept[-(self._most // 2) :]
        of_recent = {change.node for change in recent}
        older = {change.node: change for change in kept[: len(kept) - len(recent)] if change.node not in of_recent}
        whole = [*sorted(older.values(), key=lambda change: change.at), *recent, *changes]
        aside = self._path.with_name(self._path.name + ".tmp")
        with aside.open("wb") as file:
            file.write(_encoded(whole))
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, self._path)
        self._is_whole, self._lines = True, len(whole)


def read_history(path: Path) -> Iterator[InherentChange]:
    """The changes in the order of time; lines that can't be read are passed over. None where there is no file."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        for line in file:
            try:
                yield msgspec.json.decode(line, type=InherentChange)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue


def _encoded(changes: list[InherentChange]) -> bytes:
    return b"".join(msgspec.json.encode(change) + b"\n" for change in changes)
