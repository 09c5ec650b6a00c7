"""Runs `tocsin` in this process, as its console script would."""

import io
import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest.mock import patch

from tocsin.cli import main


@dataclass(frozen=True)
class Ran:
    """What became of a call."""

    code: int
    out: str
    err: str

    @property
    def mistakes(self) -> list[str]:
        """The lines of stderr."""
        return self.err.splitlines()


def tocsin(*arguments: object, environment: Mapping[str, str] | None = None) -> Ran:
    """The exit code and both outputs of `tocsin ARGUMENTS`; `environment` is added to this process's."""
    out, err = _Captured(), _Captured()
    with ExitStack() as stack:
        stack.enter_context(patch.object(sys, "argv", ["tocsin", *map(str, arguments)]))
        stack.enter_context(patch.dict(os.environ, environment or {}))
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        code: object = None
        try:
            main()
        except SystemExit as end:
            code = end.code
    assert isinstance(code, int), f"ended with {code!r}, which is no exit code"
    return Ran(code, out.text, err.text)


class _Captured(io.TextIOWrapper):
    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    @property
    def text(self) -> str:
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode("utf-8")
