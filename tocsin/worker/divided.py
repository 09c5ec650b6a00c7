"""A version of the configuration as the shards need it: divided, and with the numbers that readings name points by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tocsin.kafka.division import Division

VersionNumber = int


@dataclass(frozen=True, slots=True)
class Divided:
    """One version. All shards of a process share it: a large site takes seconds to read."""

    version: VersionNumber
    division: Division
    numbers: Mapping[str, int]
    """Point id -> the number of the whole site's registry."""


Divide = Callable[[VersionNumber], Divided]
"""The version of this number. LookupError if it is not known."""
