"""What is wrong in a feed: the first mistakes in full, the others counted."""

from typing import Final

from plant.mistakes import InputError, Mistake

MOST_SHOWN: Final = 1000
"""Mistakes kept; a feed of ten million rows can hold as many."""


class Problems:
    """Collects mistakes in one file."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._mistakes: list[Mistake] = []
        self._last_line = 1
        self.count = 0

    def add(self, line: int, column: str, message: str) -> None:
        """Note a mistake."""
        self.count += 1
        self._last_line = max(self._last_line, line)
        if len(self._mistakes) < MOST_SHOWN:
            self._mistakes.append(Mistake(self._file, line, column, message))

    def error(self) -> InputError:
        """All that was noted, as an error to raise."""
        rest = self.count - len(self._mistakes)
        more = [Mistake(self._file, self._last_line, "", f"and {rest} more mistakes up to here")] if rest else []
        return InputError([*self._mistakes, *more])

    def raise_if_any(self) -> None:
        """Raise InputError when something was noted."""
        if self.count:
            raise self.error()
