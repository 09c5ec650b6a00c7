"""What a running process says to the kernel, call by call, as strace tells it."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import pytest
from support.waiting import eventually

_CALLS = "read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,pwrite64,pwritev,fdatasync,fsync"
_LINE = re.compile(r"^(\d+) +(?:(\w+)\((\d+)<([^\n]*?)>(?=[,) ])|<\.\.\. (\w+) resumed>)(.*)$")
_BYTES = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


class Call(NamedTuple):
    """One call. `began` and `ended` order all calls; `file` is a path or the two ends of a connection."""

    name: str
    file: str
    data: bytes
    began: int
    ended: int


class Strace:
    """Attached to all threads of a process while the block runs; then `calls` are those that touched a file."""

    def __init__(self, pid: int, out: Path) -> None:
        """Skips the test where strace is not installed or may not trace."""
        program = shutil.which("strace")
        if program is None:
            pytest.skip("strace is not installed")
        self._out = out
        self._said = out.with_suffix(".said")
        command = [
            program,
            "-f",
            "-yy",
            "-xx",
            "-s",
            "1000000",
            "-e",
            f"trace={_CALLS}",
            "-o",
            str(out),
            "-p",
            str(pid),
        ]
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(command, stderr=said)

    def __enter__(self) -> Self:
        assert eventually(lambda: "attached" in self._told() or self._process.poll() is not None)
        if self._process.poll() is not None:
            pytest.skip(f"strace may not trace here: {self._told().strip()}")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait(20)

    def calls(self) -> list[Call]:
        """In the order in which they ended."""
        return list(_calls(self._out.read_text("ascii").splitlines()))

    def _told(self) -> str:
        return self._said.read_text("utf-8", errors="replace")


def _calls(lines: list[str]) -> Iterator[Call]:
    begun: dict[str, tuple[str, str, str, int]] = {}
    for number, line in enumerate(lines):
        match = _LINE.match(line)
        if match is None:
            continue
        thread, name, _, file, resumed, rest = match.groups()
        if rest.endswith("<unfinished ...>"):
            begun[thread] = (name, file, rest, number)
            continue
        began = number
        if resumed:
            if thread not in begun:
                continue
            name, file, head, began = begun.pop(thread)
            rest = head + rest
        if re.search(r"= -1 E\w+", rest):
            continue
        data = b"".join(map(_decoded, _BYTES.findall(rest)))
        yield Call(name, _decoded(file).decode() if file.startswith("\\x") else file, data, began, number)


def _decoded(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
