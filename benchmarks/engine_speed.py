"""The engine alone, without log and network: readings/s and bytes. Run: python -m benchmarks.engine_speed [--quick]

Values are normal with noise; one point in a hundred is beyond a limit, and in 50,000 readings one point goes there or
comes back, so alarms come and go as in a county on a bad day, not as in a storm.
"""

import multiprocessing
import resource
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection

import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure, emit, is_quick, say
from plant.batch import Batch
from plant.entries import Entry, Readings
from plant.registry import PointRegistry
from plant.site import Enterprise, Point, Site, Unit
from rules.engine import Engine, make_plan
from rules.schema import Rule

START_MS = 1_732_190_400_000
LIMIT = {"limit": {"h": 25, "hh": 50, "deadband": 2}}
FIVE: dict[str, Mapping[str, object]] = {
    "limit": LIMIT,
    "rate": {"rate": {"h": 5, "over_s": 60, "deadband_fraction": 0.1}},
    "window": {"window": {"stat": "mean", "over_s": 120, "h": 25, "hh": 50, "deadband": 1}},
    "twa": {"twa": {"over_s": 120, "h": 25, "deadband": 1}},
    "frozen": {"frozen": {"for_s": 60}},
}
TREND: dict[str, Mapping[str, object]] = {
    "forecast": {"forecast": {"h": 25, "hh": 50, "within_s": 600, "half_life_s": 120}},
    "deviation": {"deviation": {"k": 4, "half_life_s": 3600}},
}
DEVICE: dict[str, Mapping[str, object]] = {
    "clock": {"clock": {"skew_over_s": 60}},
    "flapping": {"flapping": {"n": 3, "within_s": 600}},
    "calibration": {"calibration": {"days_before": 7}},
    "drift": {"drift": {"half_life_s": 86_400, "over": 3}},
}
ACTIVE: dict[str, Mapping[str, object]] = {
    "active by shift": {"shift": {"from": "20:00", "to": "08:00"}},
    "active while": {"while": "x > 12", "points": {"x": "permit.hot"}},
}
ONE_LEVEL = ("frozen", "discrete", "range", "stale", "deviation", *DEVICE)
KINDS = ("gas.combustible", "tank.level", "dust.dp", "dust.spark", "tank.temperature", "gas.toxic.h2s")
SMALL_PLANT: tuple[Mapping[str, object], ...] = (
    {"kind": "gas.combustible", "limit": {"h": 25, "hh": 50, "deadband": 2}, "on_delay_s": {"h": 3}, "off_delay_s": 4},
    {"kind": "gas.combustible", "limit": {"h": 22}, "on_delay_s": 30, "count": {"n": 3, "within_s": 120}},
    {"kind": "gas.*", "frozen": {"for_s": 60, "ignore": [-0.5, 5.0]}},
    {"kind": "tank.level", "limit": {"l": 5, "h": 25, "hh": 50}, "on_delay_s": {"h": 2}, "off_delay_s": {"l": 3}},
    {"kind": "tank.level", "limit": {"h": 24, "l": 6, "deadband": 1}},
    {"kind": "dust.dp", "window": {"stat": "mean", "over_s": 120, "h": 25, "hh": 50, "deadband": 1}},
    {"kind": "dust.dp", "window": {"stat": "max", "over_s": 50, "h": 30, "partial": True}},
    {"kind": "dust.*", "window": {"stat": "count", "over_s": 60, "l": 9}},
    {"kind": "dust.dp", "window": {"stat": "min", "over_s": 90, "l": 3, "deadband": 1}, "on_delay_s": 5},
    {"kind": "dust.dp", "rate": {"h": 5, "hh": 10, "over_s": 60, "deadband_fraction": 0.2}},
    {"kind": "dust.spark", "discrete": {"equals": 1}, "off_delay_s": 5, "count": {"n": 2, "within_s": 30}},
    {"kind": "tank.temperature", "rate": {"h": 0.5, "l": -0.5, "over_s": 50, "deadband_fraction": 0.1}},
    {"kind": "gas.toxic.h2s", "twa": {"over_s": 300, "h": 25, "hh": 50, "deadband": 1, "max_gap_s": 30}},
    {"kind": "*", "range": {"is": "over"}, "off_delay_s": 3},
    {"kind": "*", "range": {"is": "under"}},
    {"kind": "*", "stale": {"after_s": 20}},
    {"kind": "gas.*", "stale": {"after_s": 15, "of": "usable"}},
)


def make_site(points: int, kinds: Sequence[str] = KINDS[:1], on_change: str = "") -> Site:
    site = Site("bench", "Asia/Shanghai", None, None)
    site.enterprises["E1"] = Enterprise("E1", "bench", "R1")
    site.units["U1"] = Unit("U1", "E1", "bench", "workshop")
    for n in range(points):
        name, kind = f"P{n:07d}", kinds[n % len(kinds)]
        site.points[name] = Point(
            point=name, unit="U1", enterprise="E1", kind=kind, unit_symbol="%LEL",
            range_low=0.0, range_high=100.0, period_s=1.0, report="on_change" if kind == on_change else "periodic",
            ll=None, l=None, h=None, hh=None, deadband=None, topic=None, key=None, device=None, gas=None,
            ref_temp_c=None, principle=None, calibration_due=None, tags=(),
        )  # fmt: skip
    return site


def rule(name: str, condition: Mapping[str, object], kind: str = "*", **more: object) -> Rule:
    """A rule on all points of a kind; conditions with the one level `on` must state a severity."""
    severity = {"severity": "yellow"} if next(iter(condition)) in ONE_LEVEL else {}
    return Rule.model_validate({"id": name, "applies_to": {"kind": kind}, "condition": condition, **severity, **more})


def make_engine(site: Site, rules: Sequence[Rule]) -> Engine:
    return Engine(make_plan(site, rules, PointRegistry(site.points)))


class Values:
    """Each point's values: around 10, one point in a hundred around 40, and some few that change sides."""

    def __init__(self, points: int, seed: int = 1) -> None:
        self.rng = np.random.default_rng(seed)
        self.centre = np.where(self.rng.random(points) < 0.01, 40.0, 10.0)

    def of(self, points: NDArray[np.intp]) -> NDArray[np.float64]:
        turning = points[self.rng.random(len(points)) < 2e-5]
        self.centre[turning] = 50.0 - self.centre[turning]
        values: NDArray[np.float64] = self.centre[points] + self.rng.normal(0, 2, len(points))
        return values


def sweeps(points: int, batch: int, seconds: int) -> Iterator[Readings]:
    """Every point once a second, in an order that does not change, in batches."""
    values = Values(points)
    order = values.rng.permutation(points)
    each = -(-points // batch)
    for second in range(seconds):
        for i in range(each):
            at = START_MS + 1000 * second + 1000 * i // each
            number = order[i * batch : (i + 1) * batch]
            measured = at - values.rng.integers(20, 400, len(number))
            yield Readings(
                at,
                Batch(number.astype(np.uint32), measured, values.of(number), np.zeros(len(number), dtype=np.uint8)),
                "bench",
            )


def ns_a_reading(engine: Engine, entries: Iterable[Readings], warm: int, span: int, together: int = 1) -> float:
    """The middle one of the spans after the first `warm` entries, so that a neighbour's burst does not count.

    A span is a number of entries in which panes are entered as often as in any other.
    """
    spans: list[float] = []
    waiting: list[Entry] = []
    spent_ns = readings = 0
    for i, entry in enumerate(entries, 1):
        waiting.append(entry)
        readings += len(entry.batch)
        if len(waiting) == together:
            start = time.perf_counter_ns()
            engine.apply(waiting)
            spent_ns += time.perf_counter_ns() - start
            waiting = []
        if i >= warm and (i - warm) % span == 0:
            if i > warm:
                spans.append(spent_ns / readings)
            spent_ns = readings = 0
    return float(np.median(spans))


def one_rule(points: int, batch: int, spans: int) -> float:
    """A rule of two levels on every point; spans of two sweeps, after one."""
    each = -(-points // batch)
    engine = make_engine(make_site(points), [rule("gas", LIMIT)])
    return ns_a_reading(engine, sweeps(points, batch, 1 + 2 * spans), each, 2 * each)


def five_kinds(points: int, batch: int, spans: int) -> float:
    """Five rules of five kinds on every point; spans of the 10 s of the longest pane, after the time of a window."""
    each = -(-points // batch)
    engine = make_engine(make_site(points), [rule(name, condition) for name, condition in FIVE.items()])
    return ns_a_reading(engine, sweeps(points, batch, 120 + 10 * spans), 120 * each, 10 * each)


def one_kind(condition: Mapping[str, object], points: int, batch: int, spans: int) -> float:
    """One rule of a kind on every point; spans of two sweeps, after as many readings as a fit or a mean needs."""
    each = -(-points // batch)
    engine = make_engine(make_site(points), [rule("one", condition)])
    return ns_a_reading(engine, sweeps(points, batch, 40 + 2 * spans), 40 * each, 2 * each)


def scheduled(active: Mapping[str, object], points: int, batch: int, spans: int) -> float:
    """The rule of two levels, active at times, on points in units of ten; the last point of each unit is a permit."""
    site = make_site(points, ("gas.combustible",) * 9 + ("permit.hot",))
    for n, point in enumerate(site.points.values()):
        unit = f"U{n // 10}"
        site.units[unit] = Unit(unit, "E1", "bench", "workshop")
        site.points[point.point] = replace(point, unit=unit)
    each = -(-points // batch)
    engine = make_engine(site, [rule("gas", LIMIT, kind="gas.*", active=active)])
    return ns_a_reading(engine, sweeps(points, batch, 1 + 2 * spans), each, 2 * each)


def thousand_rules_ms() -> float:
    """What a batch of 1k readings costs with 1,000 rules of five kinds, each on ten points of its own."""
    kinds = [f"gas.k{n}" for n in range(1000)]
    names = list(FIVE)
    rules = [rule(f"r{n}", FIVE[names[n % 5]], kind=kinds[n]) for n in range(1000)]
    engine = make_engine(make_site(10_000, kinds), rules)
    return ns_a_reading(engine, sweeps(10_000, 1000, 75), 600, 50) * 1000 / 1e6


def long_series(seconds: int = 3100, together: int = 500) -> float:
    """A small plant's feed: 48 points, 17 rules of all kinds, a batch each second, many of them at once."""
    rules = []
    for n, given in enumerate(SMALL_PLANT):
        more = {k: v for k, v in given.items() if k in ("on_delay_s", "off_delay_s", "count")}
        condition = {k: v for k, v in given.items() if k not in more and k != "kind"}
        rules.append(rule(f"r{n}", condition, kind=str(given["kind"]), **more))
    engine = make_engine(make_site(48, KINDS, on_change="tank.level"), rules)
    return ns_a_reading(engine, sweeps(48, 48, seconds), together, together, together)


def report_memory(points: int, answer: Connection) -> None:
    entries = list(sweeps(points, 100_000, 1))
    engine = make_engine(make_site(points), [rule("gas", LIMIT)])
    for entry in entries:
        engine.apply([entry])
    answer.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def memory_mb(points: int) -> float:
    """Peak resident memory of a process with a site of that many points, its engine and one sweep of readings."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=report_memory, args=(points, theirs))
    process.start()
    peak = float(mine.recv())
    process.join()
    return peak


def main() -> None:
    quick = is_quick()
    spans = 1 if quick else 5
    measured: dict[str, float] = {}

    def ns(name: str, cost_ns: float) -> float:
        measured[name] = cost_ns
        say(f"  {name}: {cost_ns:,.0f} ns a reading")
        return 1e9 / cost_ns

    def rate(name: str, goal: float, cost_ns: float) -> None:
        emit(Figure(name=name, value=ns(name, cost_ns), unit="readings/s", goal=goal))

    def times(name: str, goal: float, cost: str, base: str) -> None:
        value = measured[cost] / measured[base]
        emit(Figure(name=name, value=value, unit="times", goal=goal, at_least=False))

    rate("engine: one rule, 100k a batch", 3e6, one_rule(100_000, 100_000, spans))
    rate("engine: one rule, 1k a batch", 1e6, one_rule(100_000, 1000, spans))
    ns("five kinds, 100k a batch", five_kinds(100_000, 100_000, (spans + 1) // 2))
    ns("five kinds, 1k a batch", five_kinds(100_000, 1000, (spans + 1) // 2))
    times("engine: five kinds, 100k a batch", 6, "five kinds, 100k a batch", "engine: one rule, 100k a batch")
    times("engine: five kinds, 1k a batch", 6, "five kinds, 1k a batch", "engine: one rule, 1k a batch")
    for kind, condition in (TREND | DEVICE).items():
        for words, batch in (("100k", 100_000), ("1k", 1000)):
            ns(f"{kind}, {words} a batch", one_kind(condition, 100_000, batch, (spans + 1) // 2))
            name = f"engine: {kind}, {words} a batch"
            times(name, 5, f"{kind}, {words} a batch", f"engine: one rule, {words} a batch")
    for kind, active in ACTIVE.items():
        for words, batch in (("100k", 100_000), ("1k", 1000)):
            ns(f"{kind}, {words} a batch", scheduled(active, 100_000, batch, spans))
            name = f"engine: {kind}, {words} a batch"
            times(name, 5, f"{kind}, {words} a batch", f"engine: one rule, {words} a batch")
    thousand = thousand_rules_ms()
    emit(Figure(name="engine: 1,000 rules, 1k a batch", value=thousand, unit="ms", goal=20, at_least=False))
    ns("a thousand points", one_rule(1000, 1000, 300))
    ns("a million points, 1k a batch", one_rule(1_000_000, 1000, 1))
    ns("a million points", one_rule(1_000_000, 100_000, 1))
    times("engine: a million points to a thousand", 2, "a million points", "a thousand points")
    rate("engine: few points, long series", 2e5, long_series())
    if not quick:
        memory = memory_mb(1_000_000)
        emit(Figure(name="engine: a million points, memory", value=memory, unit="MB", goal=2000, at_least=False))


if __name__ == "__main__":
    main()
