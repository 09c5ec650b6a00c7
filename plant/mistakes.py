"""What is wrong in a file somebody wrote: all of it at once, each with its place and with what is allowed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake, printed as `file:line: column: what is wrong, what is allowed`."""

    file: str
    line: int
    column: str
    message: str
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        column = f" {self.column}:" if self.column else ""
        warning = " warning:" if self.level == "warning" else ""
        return f"{self.file}:{self.line}:{column}{warning} {self.message}"


class InputError(Exception):
    """The input is wrong (exit code 2). Carries every mistake found."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = sorted(mistakes)
        super().__init__("\n".join(str(m) for m in self.mistakes))
