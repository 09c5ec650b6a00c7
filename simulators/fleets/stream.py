"""What a fleet plays: readings in order of arrival, of a scenario or of a recorded feed."""

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np

from ingest.feed import Feed
from plant.site import Site
from simulators.fleets.outages import Span
from simulators.simulation import Simulation


class Stream(Protocol):
    """Readings with times of their own, from `start_ms` (ms since the epoch) on for `duration_ms`."""

    site: Site
    start_ms: int
    duration_ms: int

    def parts(self, chunk_s: float) -> Iterator[tuple[int, Feed]]:
        """(ms after the start that are done, readings in order of arrival); point numbers are places in points.csv."""

    def outages(self) -> Mapping[str, list[Span]]:
        """When the links of points are down, by the point's id."""


class Played:
    """A scenario. Where a link or a clock is at fault, everything arrives at the end of its second."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self.site = simulation.site
        self.start_ms = simulation.scenario.start_ms
        self.duration_ms = simulation.scenario.duration_ms

    def parts(self, chunk_s: float) -> Iterator[tuple[int, Feed]]:
        """See `Stream`."""
        done_ms, step_ms = 0, max(1, round(chunk_s * 1000))
        for part in self._simulation.feeds(chunk_s):
            done_ms += step_ms
            yield min(done_ms, self.duration_ms), part

    def outages(self) -> Mapping[str, list[Span]]:
        """See `Stream`."""
        return self._simulation.outages()


class Recorded:
    """A recorded feed, as `read_feed` gives it with the places in points.csv as numbers. ValueError if it is empty."""

    def __init__(self, site: Site, feed: Feed) -> None:
        if not len(feed):
            raise ValueError("the feed holds no readings")
        self.site = site
        self._feed = feed
        self._at_ms = feed.sort_key_ms
        self.start_ms = int(self._at_ms[0])
        self.duration_ms = int(self._at_ms[-1]) - self.start_ms + 1

    def parts(self, chunk_s: float) -> Iterator[tuple[int, Feed]]:
        """See `Stream`."""
        step_ms = max(1, round(chunk_s * 1000))
        begin = 0
        while begin < len(self._feed):
            # Straight to the span of the next reading: a feed may have gaps of days.
            done_ms = ((int(self._at_ms[begin]) - self.start_ms) // step_ms + 1) * step_ms
            end = int(np.searchsorted(self._at_ms, self.start_ms + done_ms))
            yield min(done_ms, self.duration_ms), self._feed.select(slice(begin, end))
            begin = end

    def outages(self) -> Mapping[str, list[Span]]:
        """See `Stream`: a feed does not tell."""
        return {}
