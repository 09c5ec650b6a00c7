"""A figure, its goal, and how a benchmark hands it to the runner: one JSON object a line on stdout, words on stderr."""

import argparse
import sys

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured number. `value` is None where it could not be measured here; `note` then names what is missing."""

    name: str
    value: float | None
    unit: str
    goal: float
    at_least: bool = True
    """Whether the goal is a least or a most."""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How far beyond the goal, whichever way it points: 1 and more is met. None where the goal is 0."""
        if self.value is None or not self.goal:
            return None
        return self.value / self.goal if self.at_least else self.goal / max(self.value, 1e-12)

    @property
    def is_met(self) -> bool | None:
        """None where nothing was measured."""
        if self.value is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal


def emit(*figures: Figure) -> None:
    """Hand figures to the runner."""
    for figure in figures:
        sys.stdout.write(msgspec.json.encode(figure).decode() + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Tell who watches what is being done."""
    print(text, file=sys.stderr, flush=True)


def is_quick() -> bool:
    """Whether this process was asked for a short run. For the main part of a benchmark."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="shorter runs, rougher figures")
    return bool(parser.parse_args().quick)
