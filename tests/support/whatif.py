"""Recordings of a site of one point, made in memory."""

from collections.abc import Iterator, Sequence
from typing import Any

from support.simulated import point, site_of

from plant.batch import Batch
from plant.entries import Entry, Readings
from plant.registry import PointRegistry
from plant.site import Site
from rules.schema import Rule
from tocsin.configuration import Configured
from tocsin.whatif.recording import Advance, Trend

START_MS = 1_760_000_000_000


class Values:
    """A point's values, one every `step_s` (None: nothing comes), each its own entry."""

    skipped = 0

    def __init__(self, values: Sequence[float | None], step_s: int = 1) -> None:
        self.registry = PointRegistry(["gas"])
        self._step_ms = 1000 * step_s
        self._values = values

    def entries(self, end_ms: int | None, advance: Advance) -> Iterator[list[Entry]]:
        log: list[Entry] = []
        for n, value in enumerate(self._values):
            at_ms = START_MS + self._step_ms * n
            rows = [] if value is None else [(0, at_ms, value, 0)]
            log.append(Readings(at_ms, Batch.of(rows)))
        for start in range(0, len(log), 5000):
            yield log[start : start + 5000]

    def heard(self) -> frozenset[str]:
        return frozenset(self.registry.ids)

    def trend(self, point: str, from_ms: int, to_ms: int) -> Trend:
        raise AssertionError("nothing is drawn")


def gas_site(**cells: object) -> Site:
    """A site of the one point `gas`, 0 to 100 %LEL."""
    return site_of([point("gas", "gas.combustible", 0, 100, **{"principle": "catalytic", **cells})])


def configured(site: Site, *rules: dict[str, Any]) -> Configured:
    """A configuration of rules on the point `gas`."""
    filled = [{"id": "r", "applies_to": {"points": ["gas"]}, **rule} for rule in rules]
    return Configured(site, tuple(Rule.model_validate(rule) for rule in filled), b"")
