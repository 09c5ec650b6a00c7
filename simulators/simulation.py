"""A scenario run over a site: batches of readings as a pure function of (site, scenario, seed)."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ingest.feed import Feed
from plant.batch import Batch
from plant.quality import Quality
from plant.registry import PointRegistry
from plant.site import Site
from simulators.arrival import SECOND_MS, Sent, feed_of
from simulators.effects import Effect, Look
from simulators.family import Around
from simulators.faults import LATCHED
from simulators.fleet import build_fleet
from simulators.kinds import KINDS
from simulators.noise import bell
from simulators.occurrences import Occurrence, occurrences
from simulators.scenario import Scenario
from simulators.shifts import work_of
from simulators.weather import Air

_READINGS_A_CHUNK = 100_000
_HEARTBEAT_MS = 300_000
"""A point that reports on change repeats itself after this long, as such devices do."""


class Simulation:
    """Readings of every point of a site while a scenario happens.

    Any span of time can be asked for, in any order, and gives the same readings. Point numbers are places in points.csv
    (`registry`); times are ms since the epoch, beginning at the scenario's start. `scenario` is the one given with its
    ranges drawn.
    """

    def __init__(self, site: Site, scenario: Scenario, seed: int | None = None) -> None:
        self.site = site
        self.seed = scenario.seed if seed is None else seed
        self.scenario = scenario = scenario.drawn(self.seed)
        self.registry = PointRegistry(site.points)
        air = Air(scenario.weather, scenario.day_s, self.seed)
        units = {u.unit: u.kind for u in site.units.values()}
        around = Around(air, work_of(scenario.schedule, scenario.day_s), self.seed, units)
        self._fleet = build_fleet(site, self.seed, around)
        look = Look(self._shown_at, self.undisturbed, around, scenario.duration_s)
        self.occurrences: list[Occurrence] = []
        self._effects: dict[str, list[tuple[float, Effect]]] = {}
        for o in occurrences(scenario, site, self.seed, look):
            self.occurrences.append(o)
            if o.effect is not None:
                self._effects.setdefault(o.point.point, []).append((o.over_s, o.effect))
        self._begin_s = np.array([o.at_s for o in self.occurrences])
        self._over_s = np.array([o.over_s for o in self.occurrences])
        row_of = self._fleet.row_of
        found = ((row_of[o.point.point], o.fault) for o in self.occurrences if o.fault is not None)
        self._of_links = [(row, fault) for row, fault in found if KINDS[fault.kind].arrival]
        self._most_delay_ms = max((fault.most_delay_ms for _, fault in self._of_links), default=0)

    @property
    def has_arrivals(self) -> bool:
        """Whether a link or a clock is at fault, so that a feed needs received_at to tell it."""
        return bool(self._of_links)

    def outages(self) -> dict[str, list[tuple[int, int]]]:
        """When the links of points are down, by the point's id: (from, to before) in ms after the start."""
        found: dict[str, list[tuple[int, int]]] = {}
        for o in self.occurrences:
            if o.fault is not None and (spans := o.fault.outages_ms()):
                found.setdefault(o.point.point, []).extend(spans)
        return found

    @property
    def readings_per_s(self) -> float:
        """Readings a second of the whole fleet (points that report on change counted as if periodic)."""
        return float((1000.0 / self._fleet.period_ms).sum()) if self._fleet.points else 0.0

    def spans(self, chunk_s: float | None = None) -> Iterator[tuple[int, int]]:
        """The scenario cut into spans (from_ms, to_ms) of `chunk_s` seconds, by default about 100,000 readings each."""
        if chunk_s is None:
            chunk_s = min(max(_READINGS_A_CHUNK / max(self.readings_per_s, 1e-6), 1.0), 3600.0)
        step_ms = max(1, round(chunk_s * 1000))
        for from_ms in range(0, self.scenario.duration_ms, step_ms):
            yield from_ms, min(from_ms + step_ms, self.scenario.duration_ms)

    def batches(self, chunk_s: float | None = None) -> Iterator[Batch]:
        """The readings of the whole scenario, span by span, in order of time; an empty batch where nothing was sent."""
        for from_ms, to_ms in self.spans(chunk_s):
            yield self.between(from_ms, to_ms)

    def feeds(self, chunk_s: float | None = None) -> Iterator[Feed]:
        """The same as parts of a feed, in order of arrival; with received_at where `has_arrivals`.

        Then readings that were under way at the end of the scenario come after it.
        """
        for from_ms, to_ms in self.spans(chunk_s):
            yield self.feed_between(from_ms, to_ms)
        if self.has_arrivals:
            end_ms = self.scenario.duration_ms
            yield self.feed_between(end_ms, end_ms + self._most_delay_ms + 3 * SECOND_MS)

    def feed_between(self, from_ms: int, to_ms: int) -> Feed:
        """The part of a feed that arrives within a span; a bare one where no link or clock is at fault."""
        if not self.has_arrivals:
            batch = self.between(from_ms, to_ms)
            return Feed(batch.point, batch.measured_at_ms, batch.value, batch.quality)
        # What arrives in the span was measured in the two seconds before it or in it; at a bad link earlier.
        near_ms = max(from_ms - 2 * SECOND_MS, 0)
        end_ms = min(to_ms, self.scenario.duration_ms)
        hit = np.unique(np.array([row for row, _ in self._of_links], dtype=np.intp))
        parts = [
            self._sent(max(near_ms - self._most_delay_ms, 0), min(near_ms, end_ms), hit),
            self._sent(near_ms, end_ms),
        ]
        columns = zip(*((p.row, p.k, p.time_ms, p.value) for p in parts), strict=True)
        sent = Sent(*(np.concatenate(column) for column in columns))
        return feed_of(sent, self._fleet.number, self._of_links, self.scenario.start_ms, (from_ms, to_ms))

    def between(self, from_ms: int, to_ms: int) -> Batch:
        """Readings measured from `from_ms` to before `to_ms` after the start, by time, then by point number.

        What links and clocks do to them is left out (`feed_between` has it), but for readings that are lost.
        """
        sent = self._sent(from_ms, to_ms)
        number = self._fleet.number[sent.row]
        order = np.lexsort((number, sent.time_ms))
        quality = np.full(len(order), Quality.GOOD, dtype=np.uint8)
        return Batch(number[order], sent.time_ms[order] + self.scenario.start_ms, sent.value[order], quality)

    def _sent(self, from_ms: int, to_ms: int, rows: NDArray[np.intp] | None = None) -> Sent:
        """What is sent within a span by all rows, or by `rows` (rising)."""
        fleet = self._fleet
        some = np.arange(len(fleet.points)) if rows is None else rows
        phase_ms, period_ms = fleet.phase_ms[some], fleet.period_ms[some]
        first = np.maximum(-((phase_ms - from_ms) // period_ms), 0)
        count = np.maximum(np.maximum(-((phase_ms - to_ms) // period_ms), 0) - first, 0)
        place = np.repeat(np.arange(len(count)), count)
        row = some[place]
        k = np.arange(len(row)) + np.repeat(first - (np.cumsum(count) - count), count)
        value, present = self._readings(row, k, from_ms, to_ms)
        if fleet.on_change.any():
            present &= ~fleet.on_change[row] | self._is_news(row, k, value, from_ms, to_ms)
        row, k, value = row[present], k[present], value[present]
        return Sent(row, k, fleet.phase_ms[row] + k * fleet.period_ms[row], value)

    def noise_free(self, point: str, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the point would show at `t_s` (rising) without noise, rounding and faults."""
        value = self.undisturbed(point, t_s)
        for over_s, effect in self._effects.get(point, ()):
            if over_s > t_s[0]:
                value = np.where(t_s < over_s, effect.seen(t_s, value), value)
        return value

    def undisturbed(self, point: str, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """What it would show if no incident happened either."""
        return self._fleet.clean(np.full(len(t_s), self._fleet.row_of[point], dtype=np.intp), t_s)[0]

    def _shown_at(self, point: str, t_s: float) -> float:
        scale = self._fleet.scale[self._fleet.row_of[point]]
        return float(np.rint(self.noise_free(point, np.array([t_s]))[0] * scale) / scale)

    def _readings(
        self, row: NDArray[np.intp], k: NDArray[np.int64], from_ms: int, to_ms: int
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Values of the k-th readings of rows (rising), and which of them are sent at all."""
        fleet = self._fleet
        t_s = (fleet.phase_ms[row] + k * fleet.period_ms[row]) / 1000.0
        value, noise_sd = fleet.clean(row, t_s)
        active = np.flatnonzero((self._begin_s * 1000.0 < to_ms) & (self._over_s * 1000.0 >= from_ms))
        spans = [(self.occurrences[i], self._span(row, self.occurrences[i])) for i in active]
        for o, span in spans:
            if o.effect is not None:
                still = t_s[span] < o.over_s
                value[span] = np.where(still, o.effect.seen(t_s[span], value[span]), value[span])
        noisy = value + noise_sd * bell(fleet.key[row], k)
        present = np.ones(len(row), dtype=np.bool_)
        faults = [(o.fault, span) for o, span in spans if o.fault is not None]
        for fault, span in faults:
            present[span] &= ~fault.lost(t_s[span])
            if fault.kind not in LATCHED:
                wrong = fault.active(t_s[span])
                noisy[span] = np.where(wrong, fault.shown(t_s[span], k[span], noisy[span]), noisy[span])
        bounded = np.clip(noisy, fleet.floor[row], fleet.ceiling[row])
        for fault, span in faults:
            if fault.kind in LATCHED:
                wrong = fault.active(t_s[span])
                bounded[span] = np.where(wrong, fault.shown(t_s[span], k[span], bounded[span]), bounded[span])
        scale = fleet.scale[row]
        return np.rint(bounded * scale) / scale + 0.0, present  # + 0.0: no negative zero

    def _span(self, row: NDArray[np.intp], o: Occurrence) -> slice:
        own = self._fleet.row_of[o.point.point]
        a, b = np.searchsorted(row, [own, own + 1])
        return slice(int(a), int(b))

    def _is_news(
        self, row: NDArray[np.intp], k: NDArray[np.int64], value: NDArray[np.float64], from_ms: int, to_ms: int
    ) -> NDArray[np.bool_]:
        """Whether the reading differs from the one before, or that one was lost, or it is time to repeat it."""
        period_ms = self._fleet.period_ms[row]
        before = np.maximum(k - 1, 0)
        value_before, sent_before = self._readings(row, before, from_ms - int(period_ms.max(initial=0)), to_ms)
        every = np.maximum(_HEARTBEAT_MS // period_ms, 1)
        news = (k % every == 0) | (value != value_before) | ~sent_before
        return np.asarray(news, dtype=np.bool_)
